package dev.mtb.benchmarks.micro;

import dev.mtb.compare.ContentComparison;
import dev.mtb.model.DigestAlgorithm;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Digesting a file's content that is in memory already. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DigestBenchmark {
  @Param({"MD5", "SHA256"})
  public DigestAlgorithm algorithm;

  @Param({"4096", "1048576"})
  public int size;

  private final ByteBuffer buffer = ByteBuffer.allocate(128 * 1024);
  private ContentComparison comparison;
  private byte[] content;

  @Setup
  public void create() {
    comparison = new ContentComparison(algorithm);
    content = new byte[size];
    new Random(1).nextBytes(content);
  }

  @Benchmark
  public String digest() throws IOException {
    try (ReadableByteChannel channel = Channels.newChannel(new ByteArrayInputStream(content))) {
      return comparison.digest(channel, buffer);
    }
  }
}
