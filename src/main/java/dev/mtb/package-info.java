/**
 * Multi-Threaded Backup: where an embedding program begins.
 *
 * <p>Four types are enough for most: describe the work with {@link dev.mtb.job.BackupJob}, tune it
 * with {@link dev.mtb.options.BackupOptions}, run it with {@link dev.mtb.Mtb}, read the {@link
 * dev.mtb.job.BackupReport}. {@link dev.mtb.job.BackupListener} follows a run while it goes on.
 *
 * <p>Nothing here is ever {@code null} unless its type is an {@link java.util.Optional}; passing
 * {@code null} is answered with a {@link NullPointerException}. Value types are immutable and
 * thread-safe. There is no global state: any number of jobs may run at once.
 *
 * <p>The other packages are the rooms of the engine; apart from {@code job}, {@code options},
 * {@code model} and {@code store} they are not API, the module does not export them, and they may
 * change in any release.
 */
package dev.mtb;
