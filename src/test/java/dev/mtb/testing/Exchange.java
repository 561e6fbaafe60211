package dev.mtb.testing;

import dev.mtb.testing.CountingProxy.Fault;

/** One request and, once it is there, the status of its response. Safe to read at any time. */
final class Exchange {
  final String method;
  final String target;
  final long sequence;
  volatile Fault.Action action = Fault.Action.pass();
  volatile int status;

  Exchange(String method, String target, long sequence) {
    this.method = method;
    this.target = target;
    this.sequence = sequence;
  }

  @Override
  public String toString() {
    return method + " " + target + " " + (status == 0 ? "-" : Integer.toString(status));
  }
}
