package dev.mtb.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A real headless browser (Debian's chromium) that can reach only this host, controlled by its
 * DevTools protocol. It tells which requests a page sends and which errors it logs. For one thread.
 */
public final class Browser implements AutoCloseable {
  /** The program, on the path. */
  public static final String PROGRAM = "chromium";

  /** It starts in a second or two; on a machine that is busy with other tests, in ten. */
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();

  private Browser(Process process, URI page) throws Exception {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(page, new Messages())
            .get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  /**
   * Starts it.
   *
   * @param folder for its profile and its own output
   */
  public static Browser start(Path folder) throws Exception {
    Path profile = Files.createTempDirectory(folder, "browser");
    ProcessBuilder builder =
        new ProcessBuilder(
                PROGRAM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-breakpad",
                "--disable-sync",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-address=127.0.0.1",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolve("output.txt").toFile());
    builder.environment().put("HOME", profile.toString());
    Process process = builder.start();
    try {
      Browser browser = new Browser(process, page(process, profile));
      for (String domain : List.of("Page", "Network", "Runtime", "Log")) {
        browser.ask(domain + ".enable", Map.of());
      }
      return browser;
    } catch (Exception e) {
      end(process);
      throw e;
    }
  }

  /** The address of the DevTools connection of its only page. */
  private static URI page(Process process, Path profile) throws Exception {
    Path port = profile.resolve("DevToolsActivePort");
    long limit = System.nanoTime() + TIMEOUT.toNanos();
    while (!Files.exists(port) || Files.readAllLines(port).size() < 2) {
      if (!process.isAlive() || System.nanoTime() > limit) {
        throw new IOException(
            PROGRAM + " does not start: " + Files.readString(profile.resolve("output.txt")));
      }
      Thread.sleep(20);
    }
    URI list = URI.create("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/list");
    JsonNode targets =
        JSON.readTree(
            HttpClient.newHttpClient()
                .send(
                    HttpRequest.newBuilder(list).timeout(TIMEOUT).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
    for (JsonNode target : targets) {
      if (target.at("/type").asText().equals("page")) {
        return URI.create(target.at("/webSocketDebuggerUrl").asText());
      }
    }
    throw new IOException(PROGRAM + " has no page: " + targets);
  }

  private final class Messages implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean isLast) {
      text.append(data);
      if (isLast) {
        try {
          message(JSON.readTree(text.toString()));
        } catch (IOException e) {
          complaints.add("no JSON: " + e);
        }
        text.setLength(0);
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  private void message(JsonNode message) {
    JsonNode params = message.path("params");
    switch (message.path("method").asText()) {
      case "" -> {
        CompletableFuture<JsonNode> answer = answers.remove(message.path("id").asInt());
        if (message.has("error")) {
          answer.completeExceptionally(new IOException(message.toString()));
        } else {
          answer.complete(message.path("result"));
        }
      }
      case "Page.loadEventFired" -> loaded.complete(null);
      case "Network.requestWillBeSent" -> requests.add(params.at("/request/url").asText());
      case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled" ->
          complaints.add(params.toString());
      default -> {}
    }
  }

  private JsonNode ask(String method, Map<String, ?> params) throws Exception {
    int id = lastId.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", JSON.valueToTree(params));
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket.sendText(message.toString(), true).get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    return answer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  /** Sets the size of the window, in pixels. */
  public void resize(int width, int height) throws Exception {
    ask(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /**
   * Chooses how pages are shown.
   *
   * @param medium {@code screen} or {@code print}
   * @param scheme {@code light} or {@code dark}
   */
  public void show(String medium, String scheme) throws Exception {
    ask(
        "Emulation.setEmulatedMedia",
        Map.of(
            "media",
            medium,
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /** Disables scripts in pages. */
  public void forbidScripts() throws Exception {
    ask("Emulation.setScriptExecutionDisabled", Map.of("value", true));
  }

  /** Opens a page and waits until it is loaded. */
  public void open(Path file) throws Exception {
    loaded = new CompletableFuture<>();
    ask("Page.navigate", Map.of("url", file.toUri().toString()));
    loaded.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  /** The value of an expression in the page. */
  public JsonNode evaluate(String script) throws Exception {
    JsonNode answer = ask("Runtime.evaluate", Map.of("expression", script, "returnByValue", true));
    if (answer.has("exceptionDetails")) {
      throw new IllegalArgumentException(answer.toString());
    }
    return answer.at("/result/value");
  }

  /** All of the page, from its top to its bottom, as PNG. */
  public byte[] screenshot() throws Exception {
    JsonNode answer =
        ask(
            "Page.captureScreenshot",
            Map.of("format", "png", "captureBeyondViewport", true, "optimizeForSpeed", false));
    return Base64.getDecoder().decode(answer.at("/data").asText());
  }

  /** The page as it is printed, as PDF. */
  public byte[] print() throws Exception {
    JsonNode answer = ask("Page.printToPDF", Map.of("printBackground", true));
    return Base64.getDecoder().decode(answer.at("/data").asText());
  }

  /** The addresses of all requests since the start. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** What was written to the console or logged, and exceptions. */
  public List<String> complaints() {
    return List.copyOf(complaints);
  }

  @Override
  public void close() {
    try {
      // A browser that closes itself deletes its files in /tmp.
      ask("Browser.close", Map.of());
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      complaints.add("does not close: " + e);
    }
    socket.abort();
    end(process);
  }

  /** Ends the browser with its child processes, some of which still write to the profile. */
  private static void end(Process process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    Stream.concat(Stream.of(process.toHandle()), children.stream())
        .forEach(
            one -> {
              try {
                one.onExit().get(10, TimeUnit.SECONDS);
              } catch (InterruptedException | ExecutionException | TimeoutException e) {
                one.destroyForcibly();
              }
            });
  }
}
