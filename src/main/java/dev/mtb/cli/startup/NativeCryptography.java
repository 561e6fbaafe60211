package dev.mtb.cli.startup;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Security;

/**
 * Ciphers and digests in machine code (Amazon Corretto Crypto Provider), for this process. The
 * JDK's own need the optimising compiler: without it they encrypt 46 MB/s a thread, and with it
 * each run pays for the compiler. The library installs nothing: the JVM is the embedder's.
 */
final class NativeCryptography {
  private static boolean isTried;

  private NativeCryptography() {}

  /**
   * Puts them before the JDK's own, if they run on this machine: there they are for Linux, x86-64.
   */
  static synchronized void install() {
    if (isTried) {
      return;
    }
    isTried = true;
    try {
      AmazonCorrettoCryptoProvider provider = AmazonCorrettoCryptoProvider.INSTANCE;
      if (provider.getLoadingError() == null) {
        int unused = Security.insertProviderAt(provider, 1);
      }
    } catch (RuntimeException | LinkageError e) {
      // Another machine, or no place for the native library: the JDK's own do the same, slower.
      return;
    }
  }
}
