package dev.tollgate.gateway.meter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.meter.Reading.Delivered;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTapTest {
  /** The usage kept, the text kept, the copy of a direct buffer and what was inflated. */
  private static final int MOST_RETAINED_BYTES = 80 << 10;

  private static final Reading CHAT = read(null, null, Recorded.CHAT.bytes());

  /** What is read of bytes that cannot be read: that they were there. */
  private static Reading unread(long bytes) {
    return new Reading(
        Optional.empty(),
        false,
        false,
        new Delivered(0, 0, bytes),
        Optional.empty(),
        Optional.empty());
  }

  private static UsageTap tap(@Nullable String type, @Nullable String encoding) {
    return UsageTap.of(RequestKind.CHAT, type, encoding, Cost.LARGEST);
  }

  private static Reading read(
      @Nullable String type, @Nullable String encoding, byte[] body, int... cuts) {
    return read(RequestKind.CHAT, type, encoding, body, cuts);
  }

  private static Reading read(
      RequestKind kind,
      @Nullable String type,
      @Nullable String encoding,
      byte[] body,
      int... cuts) {
    UsageTap tap = UsageTap.of(kind, type, encoding, Cost.LARGEST);
    int from = 0;
    for (int cut : cuts) {
      tap.feed(ByteBuffer.wrap(body, from, cut - from));
      from = cut;
    }
    tap.feed(ByteBuffer.wrap(body, from, body.length - from));
    tap.end();
    return tap.reading();
  }

  private static Reading read(String body) {
    return read(RequestKind.CHAT, body);
  }

  private static Reading read(RequestKind kind, String body) {
    return read(kind, null, null, body.getBytes(UTF_8));
  }

  private static String cost(Reading reading) {
    return reading.usage().orElseThrow().cost().literal();
  }

  private static Delivered text(long characters) {
    return new Delivered(characters, 0, 0);
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] deflate(byte[] body, boolean bare) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(9, bare);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private static int[] everyByte(byte[] body) {
    int[] cuts = new int[body.length];
    Arrays.setAll(cuts, i -> i);
    return cuts;
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerIsRead(Recorded answer) {
    Reading reading = read(answer.kind, answer.contentType, null, answer.bytes());
    assertThat(answer.summary(reading)).isEqualTo(answer.expected);
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatComesByteByByteIsReadTheSame(Recorded answer) {
    byte[] body = answer.bytes();
    assertThat(read(answer.kind, answer.contentType, null, body, everyByte(body)))
        .isEqualTo(read(answer.kind, answer.contentType, null, body));
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerSplitAnywhereIsReadTheSame(Recorded answer) {
    byte[] body = answer.bytes();
    Reading whole = read(answer.kind, answer.contentType, null, body);
    for (int cut = 0; cut <= body.length; cut++) {
      assertThat(read(answer.kind, answer.contentType, null, body, cut))
          .as("split at %d", cut)
          .isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "x-gzip", "GZIP "})
  void aGzippedAnswerSplitAnywhereIsReadTheSame(String encoding) {
    byte[] body = gzip(Recorded.REPEATED_FINISH_CHUNK.bytes());
    Reading expected = read("text/event-stream", null, Recorded.REPEATED_FINISH_CHUNK.bytes());
    assertThat(read("text/event-stream", encoding, body, everyByte(body))).isEqualTo(expected);
    for (int cut = 0; cut <= body.length; cut++) {
      assertThat(read("text/event-stream", encoding, body, cut))
          .as("split at %d", cut)
          .isEqualTo(expected);
    }
  }

  @Test
  void aGzipHeaderWithEveryFieldIsReadOverWhereverItIsSplit() {
    byte[] plain = gzip(Recorded.CHAT.bytes());
    byte[] header = {0x1F, (byte) 0x8B, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3};
    byte[] fields = {3, 0, 1, 2, 3, 'n', 'a', 0, 'c', 0, 9, 9};
    byte[] body = concat(header, fields, Arrays.copyOfRange(plain, 10, plain.length));
    for (int cut = 0; cut <= body.length; cut++) {
      assertThat(read(null, "gzip", body, cut)).as("split at %d", cut).isEqualTo(CHAT);
    }
  }

  @Test
  void gzipMembersOneAfterAnotherAreOneBody() {
    byte[] body = Recorded.CHAT.bytes();
    byte[] members =
        concat(gzip(Arrays.copyOf(body, 100)), gzip(Arrays.copyOfRange(body, 100, body.length)));
    assertThat(read(null, "gzip", members)).isEqualTo(CHAT);
    assertThat(read(null, "gzip", members, everyByte(members))).isEqualTo(CHAT);
  }

  @Test
  void paddingAfterAGzipMemberIsNoFault() {
    assertThat(read(null, "gzip", concat(gzip(Recorded.CHAT.bytes()), new byte[100])))
        .isEqualTo(CHAT);
  }

  @Test
  void deflateIsReadWithItsHeaderAndWithout() {
    for (boolean bare : new boolean[] {true, false}) {
      byte[] body = deflate(Recorded.CHAT.bytes(), bare);
      assertThat(read(null, "deflate", body)).as("bare %s", bare).isEqualTo(CHAT);
      assertThat(read(null, "deflate", body, everyByte(body))).isEqualTo(CHAT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "zstd", "gzip, br", "compress", "?"})
  void ofAnEncodingThatCannotBeReadTheBytesAreCounted(String encoding) {
    byte[] body = Recorded.CHAT.bytes();
    assertThat(read("application/json", encoding, body)).isEqualTo(unread(body.length));
    assertThat(read("application/json", encoding, body, 7, 90)).isEqualTo(unread(body.length));
  }

  @Test
  void corruptGzipMakesTheTapDeafAndWhatItHadStays() {
    byte[] first = gzip("data: {\"usage\":{\"cost\":4}}\n\n".getBytes(UTF_8));
    byte[] second = gzip("data: {\"usage\":{\"cost\":5}}\n\n".getBytes(UTF_8));
    second[1] = 0;
    Reading reading = read(null, "gzip", concat(first, second));
    assertThat(cost(reading)).isEqualTo("4");
    assertThat(reading.delivered().unreadBytes()).isEqualTo(first.length + second.length);
    byte[] plain = Recorded.CHAT.bytes();
    assertThat(read(null, "gzip", plain)).isEqualTo(unread(plain.length));
  }

  @Test
  void whatInflatesTooFarMakesTheTapDeaf() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] spaces = new byte[1 << 20];
    Arrays.fill(spaces, (byte) ' ');
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      for (long n = 0; n <= BoundedInflater.MOST_BYTES; n += spaces.length) {
        out.write(spaces);
      }
      out.write(Recorded.CHAT.bytes());
    }
    assertThat(read(null, "gzip", bytes.toByteArray())).isEqualTo(unread(bytes.size()));
  }

  @Test
  void aBufferIsLeftAsItWas() {
    byte[] body = Recorded.CHAT.bytes();
    for (ByteBuffer buffer :
        new ByteBuffer[] {
          ByteBuffer.allocate(body.length + 20),
          ByteBuffer.allocateDirect(body.length + 20),
          ByteBuffer.allocate(body.length + 27).position(7).slice()
        }) {
      buffer.position(5).put(body).flip().position(5);
      for (ByteBuffer fed : new ByteBuffer[] {buffer, buffer.asReadOnlyBuffer()}) {
        UsageTap tap = tap(null, null);
        tap.feed(fed);
        tap.end();
        assertThat(tap.reading()).isEqualTo(CHAT);
        assertThat(fed.position()).isEqualTo(5);
        assertThat(fed.limit()).isEqualTo(5 + body.length);
      }
    }
  }

  @Test
  void aDirectBufferLongerThanTheCopyIsReadToItsEnd() {
    byte[] body =
        concat(new byte[] {'\n'}, " ".repeat(20_000).getBytes(UTF_8), Recorded.CHAT.bytes());
    UsageTap tap = tap("application/json", null);
    tap.feed(ByteBuffer.allocateDirect(body.length).put(body).flip());
    assertThat(tap.reading()).isEqualTo(CHAT);
  }

  @Test
  void afterTheEndNothingIsHeard() {
    UsageTap tap = tap(null, "gzip");
    tap.end();
    tap.feed(ByteBuffer.wrap(gzip(Recorded.CHAT.bytes())));
    tap.end();
    assertThat(tap.reading()).isEqualTo(unread(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"data: ", "data: {\"choices\":[{\"delta\":{\"content\":\"", ": ", "x"})
  void aLineOfFiveMegabytesIsSkippedInBoundedMemoryAndTheUsageAfterItFound(String start) {
    UsageTap tap = tap("text/event-stream", null);
    tap.feed(ByteBuffer.wrap(start.getBytes(UTF_8)));
    byte[] piece = "abcdefgh".repeat(1024).getBytes(UTF_8);
    for (int n = 0; n < 5 << 20; n += piece.length) {
      tap.feed(ByteBuffer.wrap(piece));
    }
    tap.feed(ByteBuffer.wrap("\n\ndata: {\"usage\":{\"cost\":4}}\n\n".getBytes(UTF_8)));
    assertThat(cost(tap.reading())).isEqualTo("4");
    assertThat(tap.retainedBytes()).isLessThan(8 << 10);
  }

  @Test
  void aUsageThatIsTooLongIsUnreadableAndTheNextOneIsRead() {
    String longest =
        "{\"usage\":{\"cost\":4,\"x\":\"" + "y".repeat(JsonTokenizer.RAW_BYTES) + "\"}}";
    UsageTap tap = tap(null, null);
    tap.feed(ByteBuffer.wrap(("data: " + longest + "\n\n").getBytes(UTF_8)));
    assertThat(tap.reading().usage().orElseThrow().cost())
        .isInstanceOfSatisfying(
            Cost.Missing.class,
            missing -> {
              assertThat(missing.isUnreadable()).isTrue();
              assertThat(missing.literal())
                  .startsWith("{\"cost\":4,")
                  .hasSize(Cost.LITERAL_CHARACTERS);
            });
    assertThat(tap.retainedBytes()).isLessThan(MOST_RETAINED_BYTES);
    tap.feed(ByteBuffer.wrap("data: {\"usage\":{\"cost\":5}}\n\n".getBytes(UTF_8)));
    assertThat(cost(tap.reading())).isEqualTo("5");
  }

  @Test
  void aUsageNearlyTooLongIsRead() {
    String filler = "y".repeat(JsonTokenizer.RAW_BYTES - 20);
    Reading reading = read("{\"usage\":{\"x\":\"" + filler + "\",\"cost\":4}}");
    assertThat(cost(reading)).isEqualTo("4");
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 511, 512, 513, 100_000})
  void whateverIsNestedDeepIsSkipped(int depth) {
    String nest = "[".repeat(depth) + "{\"usage\":{\"cost\":\"]\\\"}\"}}" + "]".repeat(depth);
    Reading reading =
        read("{\"model\":\"a/b\",\"x\":" + nest + ",\"usage\":{\"cost\":4},\"y\":" + nest + "}");
    assertThat(cost(reading)).isEqualTo("4");
    assertThat(reading.whole()).isTrue();
  }

  @Test
  void aCostAboveTheCapIsAbsurd() {
    UsageTap tap = UsageTap.of(RequestKind.CHAT, null, null, BigDecimal.ONE);
    tap.feed(ByteBuffer.wrap("{\"usage\":{\"cost\":1.1,\"prompt_tokens\":3}}".getBytes(UTF_8)));
    Usage usage = tap.reading().usage().orElseThrow();
    assertThat(usage.cost()).isEqualTo(new Cost.Invalid(Flag.ABSURD_COST, "1.1"));
    assertThat(usage.consumption(RequestKind.CHAT, 0).tokens())
        .isEqualTo(new Tokens(3, Tokens.UNKNOWN));
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "-Infinity", "1e999999999", "-0.5"})
  void aCostThatIsNoAmountIsFoundInTheStreamToo(String literal) {
    Reading reading = read("data: {\"usage\":{\"cost\":" + literal + "},\"a\":1}\n\n");
    assertThat(reading.usage().orElseThrow().cost()).isInstanceOf(Cost.Invalid.class);
    assertThat(cost(reading)).isEqualTo(literal);
  }

  @Test
  void aLaterUsageWithoutACostDoesNotKeepTheEarlierCost() {
    Reading reading = read("{\"usage\":{\"cost\":1},\"usage\":{\"cost\":null}}");
    assertThat(reading.usage().orElseThrow().cost()).isEqualTo(Cost.none());
  }

  @Test
  void anEmptyUsageDoesNotKeepTheEarlierCost() {
    Reading reading = read("{\"usage\":{\"cost\":1},\"usage\":{}}");
    assertThat(reading.usage().orElseThrow().cost()).isEqualTo(Cost.none());
  }

  @Test
  void aModelIsCutAndFitToBeLogged() {
    String name = "\\u0061/\\n\\ud83d\\ude00" + "m".repeat(5000);
    String model = read("{\"model\":\"" + name + "\"}").model().orElseThrow();
    assertThat(model).startsWith("a/\uFFFD\uD83D\uDE00mm").hasSize(AnswerReader.MODEL_CHARACTERS);
  }

  @Test
  void everythingThatIsTextIsCounted() {
    assertThat(
            read("{\"choices\":[{\"text\":\"12\",\"message\":{\"reasoning\":\"345\","
                    + "\"tool_calls\":[{\"function\":{\"name\":\"no\",\"arguments\":\"6789\"}}],"
                    + "\"reasoning_details\":[{\"text\":\"345\"}],\"refusal\":\"r\","
                    + "\"content\":[{\"type\":\"no\",\"text\":\"\\ud83d\\ude00é\\n\"}]}}],"
                    + "\"object\":\"no\",\"data\":[{\"text\":\"no\"}]}")
                .delivered())
        .isEqualTo(text(2 + 3 + 4 + 1 + 3));
    assertThat(
            read(RequestKind.RESPONSE, "{\"output\":[{\"content\":[{\"text\":\"abc\"}]}]}")
                .delivered())
        .isEqualTo(text(3));
    assertThat(read(RequestKind.MESSAGE, "{\"content\":[{\"text\":\"abc\"}]}").delivered())
        .isEqualTo(text(3));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,,\"usage\":{\"cost\":4}}",
        "{\"a\" 1,\"usage\":{\"cost\":4}}",
        "{\"a\":[1},\"usage\":{\"cost\":4}}",
        "{\"a\":\"\\x\",\"usage\":{\"cost\":4}}",
        "{\"a\":\"\\u00zz\",\"usage\":{\"cost\":4}}",
        "{a:1,\"usage\":{\"cost\":4}}",
        "{\"a\":'x',\"usage\":{\"cost\":4}}",
        "{}{\"usage\":{\"cost\":4}}",
        "{\"usage\":{\"cost\":4}",
        "{\"usage\":{\"cost\":4"
      })
  void nothingAfterAFaultIsBelieved(String body) {
    Reading reading = read(body);
    boolean before = body.startsWith("{\"usage\":{\"cost\":4}");
    assertThat(reading.usage().isPresent()).isEqualTo(before);
    assertThat(reading.whole()).isEqualTo(body.startsWith("{}"));
  }

  @Test
  void randomBytesNeverThrowAndNeverGrow() {
    String[] encodings = {null, "gzip", "deflate"};
    for (int seed = 0; seed < 6_000; seed++) {
      Random random = new Random(seed);
      byte[] body = new byte[random.nextInt(3000)];
      random.nextBytes(body);
      if (seed % 2 == 0) {
        String alphabet = "{}[]\":,\\nulataedt: \n\rusg0eE-.";
        for (int i = 0; i < body.length; i++) {
          body[i] = (byte) alphabet.charAt((body[i] & 0xFF) % alphabet.length());
        }
        body = concat("{\"usage\":".getBytes(UTF_8), body);
      }
      assertSurvives(seed, null, encodings[seed % 3], body, random);
    }
  }

  @Test
  void mutatedAnswersNeverThrowAndNeverGrow() {
    Recorded[] answers = Recorded.values();
    for (int seed = 0; seed < 12_000; seed++) {
      Random random = new Random(seed);
      Recorded answer = answers[random.nextInt(answers.length)];
      boolean zipped = random.nextInt(4) == 0;
      byte[] body = mutated(answer.bytes(), random);
      if (zipped) {
        body = mutated(gzip(body), random);
      }
      assertSurvives(seed, answer.contentType, zipped ? "gzip" : null, body, random);
    }
  }

  private static byte[] mutated(byte[] body, Random random) {
    byte[] changed = body.clone();
    for (int i = random.nextInt(6); i >= 0; i--) {
      int at = random.nextInt(changed.length);
      switch (random.nextInt(4)) {
        case 0 -> changed[at] = (byte) random.nextInt(256);
        case 1 -> changed[at] = (byte) "{}[]\":,\\\n\r d0".charAt(random.nextInt(13));
        case 2 -> changed = concat(Arrays.copyOf(changed, at), changed);
        default -> {
          int to = Math.min(changed.length, at + random.nextInt(20));
          changed =
              concat(Arrays.copyOf(changed, at), Arrays.copyOfRange(changed, to, changed.length));
        }
      }
      if (changed.length == 0) {
        return body;
      }
    }
    return changed;
  }

  /** Also: whatever it is, it is read the same whole and in pieces. */
  private static void assertSurvives(
      long seed, @Nullable String type, @Nullable String encoding, byte[] body, Random random) {
    UsageTap tap = tap(type, encoding);
    try {
      for (int from = 0; from < body.length; ) {
        int n = Math.min(body.length - from, 1 + random.nextInt(200));
        tap.feed(ByteBuffer.wrap(body, from, n));
        from += n;
      }
      tap.end();
    } catch (RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
    assertThat(tap.hadFault()).as("fault, seed %d", seed).isFalse();
    assertThat(tap.retainedBytes()).as("seed %d", seed).isLessThan(MOST_RETAINED_BYTES);
    assertThat(tap.reading()).as("seed %d", seed).isEqualTo(read(type, encoding, body));
  }
}
