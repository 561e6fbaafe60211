/**
 * What all rooms speak of: metadata, kinds, actions and reasons, names as bytes, sizes as text. It
 * uses no other room.
 */
package dev.mtb.model;
