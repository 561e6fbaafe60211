package dev.mtb.store.bucket;

import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.metrics.CoreMetric;
import software.amazon.awssdk.metrics.MetricCollection;
import software.amazon.awssdk.metrics.MetricPublisher;

/**
 * Tells how often the SDK sent one request again. The SDK publishes that before a call returns.
 *
 * @param count is set when the call ends
 */
record RetryCount(AtomicInteger count) implements MetricPublisher {
  @Override
  public void publish(MetricCollection metrics) {
    metrics.metricValues(CoreMetric.RETRY_COUNT).forEach(count::set);
  }

  @Override
  public void close() {}
}
