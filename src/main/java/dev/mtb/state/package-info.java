/** The user's state directory, where MTB remembers what it must know from run to run. */
package dev.mtb.state;
