package dev.mtb.testing;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.Blob;
import org.jclouds.blobstore.domain.MultipartPart;
import org.jclouds.blobstore.domain.MultipartUpload;
import org.jclouds.blobstore.options.ListContainerOptions;
import org.jclouds.blobstore.options.PutOptions;
import org.jclouds.blobstore.util.ForwardingBlobStore;
import org.jclouds.io.Payload;
import org.jclouds.io.Payloads;

/**
 * An S3 server inside the test's own process, with one bucket. It is the real S3Proxy, because s3fs
 * needs a server that checks signatures, takes multipart uploads and copies objects.
 *
 * <p>Objects live in memory, in S3Proxy's {@code transient-nio2}: the on-disk {@code
 * filesystem-nio2} keeps metadata as well (in extended attributes) and is as fast, but refuses
 * names of more than 218 bytes, because it uploads to a temporary name that is 37 bytes longer.
 * Both treat keys as paths, so a HEAD of {@code name} finds the directory {@code name/}, where
 * Amazon's S3 answers 404: there, each look at a directory costs one HEAD more than here.
 *
 * <p>Thread-safe.
 */
public final class S3Server implements AutoCloseable {
  private static final String IDENTITY = "mtb-identity";
  private static final String CREDENTIAL = "mtb-credential";

  private final BlobStoreContext context;
  private final String bucket;
  private volatile S3Proxy proxy;
  private volatile int port;

  private S3Server(BlobStoreContext context, String bucket) {
    this.context = context;
    this.bucket = bucket;
  }

  /** Starts a server on a free port of 127.0.0.1 and creates {@code bucket} in it. */
  public static S3Server start(String bucket) throws IOException {
    quieten();
    BlobStoreContext context =
        ContextBuilder.newBuilder("transient-nio2")
            .credentials(IDENTITY, CREDENTIAL)
            .build(BlobStoreContext.class);
    context.getBlobStore().createContainerInLocation(null, bucket);
    S3Server server = new S3Server(context, bucket);
    try {
      server.listen();
    } catch (IOException e) {
      context.close();
      throw e;
    }
    return server;
  }

  private void listen() throws IOException {
    S3Proxy next =
        S3Proxy.builder()
            .blobStore(new WithoutCutBodies(context.getBlobStore()))
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, IDENTITY, CREDENTIAL)
            .build();
    try {
      next.start();
    } catch (Exception e) {
      throw new IOException("S3Proxy did not start", e);
    }
    proxy = next;
    port = next.getPort();
  }

  /** Ends the server as a crash would; its objects stay until {@link #close}. */
  public void stop() throws IOException {
    try {
      proxy.stop();
    } catch (Exception e) {
      throw new IOException("S3Proxy did not stop", e);
    }
  }

  /** Starts a stopped server again, on the same port and with the same objects. */
  public void startAgain() throws IOException {
    listen();
  }

  /** The port this server listens on. */
  public int port() {
    return port;
  }

  /** The name of its bucket. */
  public String bucket() {
    return bucket;
  }

  /** The access key that it accepts. */
  public String identity() {
    return IDENTITY;
  }

  /** The secret key that belongs to {@link #identity}. */
  public String credential() {
    return CREDENTIAL;
  }

  @Override
  public void close() throws IOException {
    try {
      stop();
    } finally {
      context.close();
    }
  }

  /**
   * A store that refuses bodies that were cut off. S3Proxy itself keeps the part that arrived,
   * under the key and a UUID. A list shows it as one more object; and if it is a part, S3Proxy
   * cannot read its own list of the parts: it refuses to complete or to abort the upload. No other
   * server does. (It takes a body whose digest is signed into memory first, so that the AWS SDK
   * does not see it over HTTP.)
   */
  private static final class WithoutCutBodies extends ForwardingBlobStore {
    WithoutCutBodies(BlobStore real) {
      super(real);
    }

    @Override
    public String putBlob(String container, Blob blob) {
      return super.putBlob(container, whole(blob));
    }

    @Override
    public String putBlob(String container, Blob blob, PutOptions options) {
      return super.putBlob(container, whole(blob), options);
    }

    /** Waits for the whole body before anything is stored. No single PUT of a test is large. */
    private static Blob whole(Blob blob) {
      Payload payload = blob.getPayload();
      try (InputStream in = payload.openStream()) {
        Payload whole = Payloads.newByteArrayPayload(in.readAllBytes());
        whole.setContentMetadata(payload.getContentMetadata());
        blob.setPayload(whole);
        return blob;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public MultipartPart uploadMultipartPart(MultipartUpload upload, int number, Payload payload) {
      try {
        return super.uploadMultipartPart(upload, number, payload);
      } catch (RuntimeException e) {
        String prefix = ".mpus-" + upload.id() + "-" + upload.blobName() + "-" + number + "-";
        list(upload.containerName(), ListContainerOptions.Builder.prefix(prefix).recursive())
            .forEach(cut -> removeBlob(upload.containerName(), cut.getName()));
        throw e;
      }
    }
  }

  private static void quieten() {
    // The quick compiler, which the tests use, makes slow code of Java's own digests.
    AmazonCorrettoCryptoProvider.install();
    // slf4j-simple reads these when a logger is first asked for; S3Proxy warns of every request
    // that a killed s3fs leaves half-way.
    for (String name : List.of("org.gaul", "org.eclipse.jetty", "org.jclouds", "jclouds")) {
      String property = "org.slf4j.simpleLogger.log." + name;
      if (System.getProperty(property) == null) {
        System.setProperty(property, "off");
      }
    }
  }
}
