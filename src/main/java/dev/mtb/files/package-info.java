/**
 * Reaching files without following a symbolic link that another user plants: {@link
 * dev.mtb.files.Folders} holds directories open, {@link dev.mtb.files.Folder} is one of them.
 */
package dev.mtb.files;
