/**
 * The basic types of all packages: metadata, kinds, actions and reasons, names as bytes, sizes as
 * text. It uses no other package of MTB.
 */
package dev.mtb.model;
