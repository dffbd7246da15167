package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All that may come to a gateway in a day: good requests of every flavor, bad ones, upstreams that
 * fail, clients that leave at random places, an operator at work. What is answered otherwise than
 * it should be is kept in {@link #surprises}. Safe for use by many threads.
 */
final class SoakTraffic {
  /** What is asked for; how often, one against the other. */
  enum Kind {
    JSON(20),
    STREAM(20),
    BEARER(10),
    PINATA(10),
    UNMETERED(6),
    OWN_ACCOUNT(6),
    UPSTREAM_FAULT(10),
    ABORT(12),
    WRONG_KEY(8),
    MALFORMED(6),
    TOO_LARGE(2),
    ADMIN(4);

    private final int weight;

    Kind(int weight) {
      this.weight = weight;
    }

    static Kind any(Random choices) {
      int total = 0;
      for (Kind kind : values()) {
        total += kind.weight;
      }
      int left = choices.nextInt(total);
      for (Kind kind : values()) {
        left -= kind.weight;
        if (left < 0) {
          return kind;
        }
      }
      throw new AssertionError();
    }
  }

  static final String MODEL = "test/model";
  private static final String CHAT = "/api/v1/chat/completions?project_name=shop";
  private static final String PINATA_CHAT = "/v0/llm/chat/completions";
  private static final byte[] TOO_LARGE = new byte[(1 << 20) + 1];

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final Started server;
  private final String key;
  private final AtomicInteger names = new AtomicInteger();
  private final Map<Kind, AtomicInteger> counts = new EnumMap<>(Kind.class);
  private final Queue<String> surprises = new ConcurrentLinkedQueue<>();
  private final AtomicInteger putOff = new AtomicInteger();

  /**
   * @param key of the project {@code shop}
   */
  SoakTraffic(Started server, String key) {
    this.server = server;
    this.key = key;
    for (Kind kind : Kind.values()) {
      counts.put(kind, new AtomicInteger());
    }
  }

  /** How often each was asked. */
  Map<Kind, AtomicInteger> counts() {
    return counts;
  }

  /** What was not answered as it should have been. */
  Queue<String> surprises() {
    return surprises;
  }

  /** How often the gateway said that it could not now, and when to come again. */
  int putOff() {
    return putOff.get();
  }

  /** Asks once, for anything. */
  void ask(Random choices) throws InterruptedException {
    Kind kind = Kind.any(choices);
    try {
      switch (kind) {
        case JSON -> chat(kind, choices, CHAT, "X-API-Key", key, false);
        case STREAM -> chat(kind, choices, CHAT, "X-API-Key", key, true);
        case BEARER ->
            chat(kind, choices, CHAT, "Authorization", "Bearer " + key, choices.nextBoolean());
        case PINATA ->
            chat(
                kind,
                choices,
                PINATA_CHAT,
                "Authorization",
                "Bearer " + key,
                choices.nextBoolean());
        case UNMETERED -> expect(kind, get("/api/v1/models", key), 200);
        case OWN_ACCOUNT -> {
          String path = choices.nextBoolean() ? "/api/v1/credits" : "/api/v1/key";
          expect(kind, get(path, key), 200);
        }
        case UPSTREAM_FAULT -> fault(choices);
        case ABORT -> abort(choices);
        case WRONG_KEY -> {
          String wrong = "tg_%08d_%043d".formatted(choices.nextInt(1 << 26), choices.nextInt());
          expect(kind, get("/api/v1/models", wrong), 401);
        }
        case MALFORMED -> malformed(choices);
        case TOO_LARGE -> tooLarge();
        case ADMIN -> administer(choices);
      }
    } catch (IOException e) {
      surprises.add(kind + ": " + e);
    }
    counts.get(kind).incrementAndGet();
  }

  private HttpRequest.Builder request(String pathAndQuery) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + pathAndQuery))
        .timeout(Duration.ofSeconds(30));
  }

  private HttpRequest get(String pathAndQuery, String credential) {
    return request(pathAndQuery).header("X-API-Key", credential).build();
  }

  /**
   * @return the body; empty: it was answered otherwise
   */
  private Optional<String> expect(Kind kind, HttpRequest request, int status)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    if (answer.statusCode() == status) {
      return Optional.of(answer.body());
    }
    if (answer.statusCode() == 503 && answer.headers().firstValue("Retry-After").isPresent()) {
      // The disk was busy with something else for as long as a hold may take.
      putOff.incrementAndGet();
    } else {
      surprises.add(
          "%s: %d %s %s"
              .formatted(kind, answer.statusCode(), answer.headers().map(), answer.body()));
    }
    return Optional.empty();
  }

  private String name() {
    return "request-" + names.incrementAndGet();
  }

  private static String body(String name, String wishes) {
    return "{\"model\":\"" + MODEL + "\",\"x_name\":\"" + name + "\"," + wishes + "}";
  }

  private HttpRequest chatRequest(String path, String header, String credential, String wishes) {
    String name = name();
    return request(path)
        .header(header, credential)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", name)
        .POST(BodyPublishers.ofString(body(name, wishes)))
        .build();
  }

  private void chat(
      Kind kind, Random choices, String path, String header, String credential, boolean stream)
      throws IOException, InterruptedException {
    String wishes =
        "\"stream\":%s,\"x_events\":%d,\"x_pause_ms\":%d"
            .formatted(stream, choices.nextInt(40), choices.nextInt(5));
    Optional<String> body = expect(kind, chatRequest(path, header, credential, wishes), 200);
    if (body.isPresent() && !body.get().endsWith(stream ? "data: [DONE]\n\n" : "}")) {
      surprises.add(kind + " is not whole: " + body.get());
    }
  }

  private void fault(Random choices) throws InterruptedException, IOException {
    boolean stream = choices.nextBoolean();
    String wishes = "\"x_events\":10,\"stream\":" + stream + ",";
    switch (choices.nextInt(4)) {
      case 0 -> expect(Kind.UPSTREAM_FAULT, faulty(wishes + "\"x_status\":503"), 503);
      case 1 -> {
        try {
          HttpRequest broken = faulty(wishes + "\"x_break_after\":" + choices.nextInt(10));
          HttpResponse<String> answer = http.send(broken, BodyHandlers.ofString());
          // A break that comes before anything was relayed is told by a status.
          if (answer.statusCode() != 502) {
            surprises.add("a break passed for an end: " + answer.body());
          }
        } catch (IOException e) {
          // Broken off, as it should be.
        }
      }
      case 2 -> expect(Kind.UPSTREAM_FAULT, faulty(wishes + "\"x_no_usage\":true"), 200);
      default -> expect(Kind.UPSTREAM_FAULT, faulty(wishes + "\"x_no_id\":true"), 200);
    }
  }

  private HttpRequest faulty(String wishes) {
    return chatRequest(CHAT, "X-API-Key", key, wishes);
  }

  /** Leaves somewhere: in the head, in the body, before the answer or in the middle of it. */
  private void abort(Random choices) throws IOException {
    String name = name();
    String body =
        body(
            name,
            "\"stream\":%s,\"x_events\":40,\"x_pause_ms\":%d"
                .formatted(choices.nextBoolean(), choices.nextInt(4)));
    String sent =
        "POST "
            + CHAT
            + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
            + key
            + "\r\nConnection: close\r\nContent-Type: application/json\r\nIdempotency-Key: "
            + name
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    try (RawClient client = new RawClient(server.port())) {
      if (choices.nextInt(3) == 0) {
        client.send(sent.substring(0, choices.nextInt(sent.length())));
      } else {
        client.send(sent);
        if (choices.nextBoolean()) {
          client.readHead();
          client.read(choices.nextInt(4000));
        }
      }
      if (choices.nextBoolean()) {
        client.reset();
      }
    }
  }

  private void malformed(Random choices) throws IOException {
    String[] texts = {
      "GET /api/v1/models HTTP/9.9\r\n\r\n",
      "NONSENSE\r\n\r\n",
      "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\n",
      "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(20_000) + "\r\n\r\n",
      "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"
    };
    try (RawClient client = new RawClient(server.port())) {
      client.send(texts[choices.nextInt(texts.length)]);
      String answer = client.readUntil(" ") + client.readUntil(" ");
      if (!answer.startsWith("HTTP/1.1 4")) {
        surprises.add("malformed: " + answer);
      }
    }
  }

  private void tooLarge() throws IOException, InterruptedException {
    HttpRequest request =
        request(CHAT).header("X-API-Key", key).POST(BodyPublishers.ofByteArray(TOO_LARGE)).build();
    expect(Kind.TOO_LARGE, request, 413);
  }

  private void administer(Random choices) throws IOException, InterruptedException {
    switch (choices.nextInt(4)) {
      case 0 -> expect(Kind.ADMIN, admin("/projects").build(), 200);
      case 1 -> expect(Kind.ADMIN, admin("/projects/shop/usage").build(), 200);
      case 2 -> expect(Kind.ADMIN, admin("/projects/shop/ledger").build(), 200);
      default -> {
        // A project of its own, so that the one that is reckoned with keeps its credit.
        String name = "side-" + names.incrementAndGet();
        expect(
            Kind.ADMIN,
            admin("/projects")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"project_name\":\"" + name + "\"}"))
                .build(),
            201);
      }
    }
  }

  private HttpRequest.Builder admin(String path) {
    return request("/admin/v1" + path).header("Authorization", "Bearer " + Deployment.ADMIN_TOKEN);
  }
}
