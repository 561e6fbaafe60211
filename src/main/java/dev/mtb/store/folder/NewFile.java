package dev.mtb.store.folder;

import java.nio.file.Path;

/**
 * A file that is being written.
 *
 * @param folder it is in
 * @param path where it is, by a temporary name
 * @param mode it was made with; unknown if that was left to the system
 */
public record NewFile(Folder folder, Path path, int mode) {}
