package dev.tollgate.gateway.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.meter.Ending;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.meter.MeterOptions;
import dev.tollgate.gateway.meter.MeterOptions.Unresolved;
import dev.tollgate.gateway.meter.PriceBook;
import dev.tollgate.gateway.meter.Quote;
import dev.tollgate.gateway.meter.RequestKind;
import dev.tollgate.gateway.meter.RequestSketch;
import dev.tollgate.gateway.meter.UsageTap;
import dev.tollgate.gateway.meter.Verdict;
import dev.tollgate.gateway.testkit.SettableClock;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random histories of one tenant's requests, judged by an oracle that knows what each one truly
 * cost: holds, answers with and without a cost, clients that leave, upstreams that break off,
 * restarts, and look-ups that come late or never. {@code -Dtollgate-test.histories} says how many.
 */
public abstract class MoneyHistoryContract {
  private static final int HISTORIES = Integer.getInteger("tollgate-test.histories", 10);
  private static final int STEPS = 80;
  private static final Duration KEEP_HOLD = Duration.ofHours(1);
  private static final Duration NEXT_LOOK = Duration.ofMinutes(5);

  /** Of all tests in a row, so that a history can be repeated by its seed. */
  private static final long FIRST_SEED = 17_000;

  private static final String MODELS =
      """
      {"data":[{"id":"a/model","context_length":100000,
        "top_provider":{"max_completion_tokens":1000},
        "pricing":{"prompt":"0.000002","completion":"0.000008",
          "input_cache_write":"0.0000025","request":"0.0001"}}]}
      """;

  /** Opens the ledger, or opens it again as after a crash. */
  protected abstract Ledger open();

  protected abstract String newProject();

  protected abstract List<Entry> entries(String projectId) throws Exception;

  protected abstract List<Reports.Violation> violations(Instant now);

  @Test
  void inStrictWhatGoesBeyondTheCreditsIsTheRecordedShortfall() throws Exception {
    for (int i = 0; i < HISTORIES; i++) {
      History history = new History(HoldMode.STRICT, FIRST_SEED + i);
      history.play();
      history.assertStrict();
    }
  }

  @Test
  void inBoundedTheDeficitIsAtMostTheOverrunsOfRequestsThatWereOpenTogether() throws Exception {
    for (int i = 0; i < HISTORIES; i++) {
      History history = new History(HoldMode.BOUNDED, FIRST_SEED + i);
      history.play();
      history.assertBounded();
    }
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** A request that the upstream has, and what it truly costs. */
  private static final class Call {
    final String id;
    final Quote.Estimated quote;
    final Money held;
    final boolean unlisted;
    final BigDecimal promptCost;
    final BigDecimal fullCost;
    final boolean headersSeen;
    final @Nullable Instant knownAt;

    /** What the hold has to cover: all of it, or the prompt where the upstream made nothing. */
    Money bound;

    Money trueCost = Money.ZERO;
    boolean unknowable;

    Call(
        String id,
        Quote.Estimated quote,
        Money held,
        boolean unlisted,
        BigDecimal promptCost,
        BigDecimal fullCost,
        boolean headersSeen,
        @Nullable Instant knownAt) {
      this.id = id;
      this.quote = quote;
      this.held = held;
      this.bound = held;
      this.unlisted = unlisted;
      this.promptCost = promptCost;
      this.fullCost = fullCost;
      this.headersSeen = headersSeen;
      this.knownAt = knownAt;
    }

    String generation() {
      return "gen-" + id;
    }
  }

  private final class History {
    private final HoldMode mode;
    private final long seed;
    private final Random random;
    private final SettableClock clock = new SettableClock();
    private final Meter meter;
    private final String project;
    private final Map<String, Call> calls = new HashMap<>();
    private final List<Call> open = new ArrayList<>();
    private final Set<String> unsettled = new HashSet<>();
    private Set<String> unsettledAtLastHold = Set.of();
    private Money credits = Money.ZERO;
    private Ledger ledger;
    private int requests;

    History(HoldMode mode, long seed) throws Exception {
      this.mode = mode;
      this.seed = seed;
      this.random = new Random(seed);
      PriceBook prices = new PriceBook();
      prices.replace(MODELS.getBytes(UTF_8));
      this.meter =
          new Meter(
              prices,
              new MeterOptions(
                  mode, 20, Money.parse("0.01"), Money.parse("1000"), Unresolved.ESTIMATE, true));
      this.ledger = open();
      this.project = newProject();
    }

    void play() throws Exception {
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(10)) {
          case 0 -> credit();
          case 1 -> clock.advance(Duration.ofMinutes(random.nextInt(30)));
          case 2, 3 -> lookUp();
          case 4 -> {
            if (random.nextInt(8) == 0) {
              crash();
            }
          }
          case 5, 6, 7 -> request();
          default -> end();
        }
        assertBalance();
      }
      while (!open.isEmpty()) {
        end();
      }
      for (int look = 0; look < 40; look++) {
        clock.advance(NEXT_LOOK);
        lookUp();
        assertBalance();
      }
      assertThat(ledger.balance(project).loaned()).as(name()).isEqualTo(Money.ZERO);
      assertThat(violations(clock.instant())).as(name()).isEmpty();
    }

    private String name() {
      return mode + ", seed " + seed;
    }

    private void credit() {
      Money amount = new Money(random.nextInt(40_000_000));
      ledger.credit(new Credit("c" + requests++, project, amount, "", clock.instant()));
      credits = credits.plus(amount);
    }

    private void request() throws Exception {
      String id = "h" + seed + "-" + requests++;
      int prompt = 1 + random.nextInt(3000);
      String cap = random.nextInt(4) == 0 ? "" : ",\"max_tokens\":" + (1 + random.nextInt(1500));
      int answers = 1 + random.nextInt(3);
      String body =
          "{\"model\":\"a/model\",\"n\":%d%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
              .formatted(answers, cap, "x".repeat(prompt));
      RequestSketch sketch = RequestSketch.of(body.getBytes(UTF_8), RequestKind.CHAT, null);
      Quote.Estimated quote =
          (Quote.Estimated) meter.quote(sketch, RequestKind.CHAT, Markup.NONE, Map.of());
      HoldOutcome outcome =
          get(
              ledger.hold(
                  new HoldRequest(
                      id,
                      project,
                      "key",
                      quote.amount(),
                      mode,
                      Markup.NONE,
                      "a/model",
                      "",
                      "upk",
                      null,
                      HoldLimits.NONE,
                      quote.promptEstimate(),
                      false,
                      clock.instant())));
      if (outcome instanceof HoldOutcome.Held held) {
        Call call = call(id, quote, held.amount(), sketch, answers);
        calls.put(id, call);
        open.add(call);
        if (call.headersSeen) {
          get(ledger.recordGeneration(id, call.generation()));
        }
        unsettled.add(id);
        unsettledAtLastHold = Set.copyOf(unsettled);
      }
    }

    /** Decides what the upstream bills: any tokens within what was asked for. */
    private Call call(
        String id, Quote.Estimated quote, Money held, RequestSketch sketch, int answers) {
      long most = Math.min(sketch.maxTokens().orElse(1000), 1000) * answers;
      boolean unlisted = random.nextInt(10) == 0;
      BigDecimal dearness = BigDecimal.valueOf(unlisted ? 3 : 1);
      String inputPrice = random.nextBoolean() ? "0.0000025" : "0.000002";
      BigDecimal prompt =
          new BigDecimal(inputPrice)
              .multiply(BigDecimal.valueOf(1 + random.nextInt(sketch.bodyBytes())))
              .add(new BigDecimal("0.0001"));
      BigDecimal output =
          new BigDecimal("0.000008").multiply(BigDecimal.valueOf(random.nextLong(most + 1)));
      Instant knownAt =
          random.nextInt(10) == 0
              ? null
              : clock.instant().plus(Duration.ofMinutes(random.nextInt(40)));
      return new Call(
          id,
          quote,
          held,
          unlisted,
          prompt.multiply(dearness),
          prompt.add(output).multiply(dearness),
          random.nextInt(3) > 0,
          knownAt);
    }

    /** Ends one of the open requests in one of the ways in which requests end. */
    private void end() throws Exception {
      if (open.isEmpty()) {
        return;
      }
      Call call = open.remove(random.nextInt(open.size()));
      call.trueCost = Money.ceiling(call.fullCost);
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          String cost = call.fullCost.toPlainString();
          answer(call, Cause.COMPLETE, 200, "{\"choices\":[],\"usage\":{\"cost\":" + cost + "}}");
        }
        case 2 ->
            answer(
                call,
                Cause.COMPLETE,
                200,
                "{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9}}");
        case 3 -> answer(call, Cause.CLIENT_GONE, 200, "");
        case 4 ->
            answer(
                call,
                Cause.CLIENT_GONE,
                200,
                "data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n");
        case 5 ->
            answer(
                call,
                Cause.UPSTREAM_FAILED,
                200,
                "data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\ndata: {\"cho");
        case 6 -> {
          call.trueCost = Money.ceiling(random.nextBoolean() ? BigDecimal.ZERO : call.promptCost);
          call.bound = call.held.min(call.quote.promptHold());
          answer(call, Cause.COMPLETE, 200, "data: {\"error\":{\"code\":502}}\n\n");
        }
        default -> {
          call.trueCost = Money.ZERO;
          answer(call, Cause.COMPLETE, 429, "{\"error\":{\"code\":429}}");
        }
      }
    }

    private void answer(Call call, Cause cause, int status, String body) throws Exception {
      UsageTap tap = meter.tap(RequestKind.CHAT, null, null);
      tap.feed(ByteBuffer.wrap(body.getBytes(UTF_8)));
      tap.end();
      Ending ending = new Ending(cause, true, status, call.generation(), tap.reading());
      Verdict verdict = meter.verdict(call.quote, call.held, Markup.NONE, ending);
      if (verdict instanceof Verdict.Charge charge) {
        capture(charge.of(call.id, call.generation(), clock.instant()));
      } else if (verdict instanceof Verdict.Await await) {
        get(
            ledger.pend(
                new Pending(
                    call.id,
                    await.amount(),
                    await.fallback(),
                    "test",
                    call.generation(),
                    clock.instant(),
                    Duration.ZERO)));
      } else {
        get(ledger.release(call.id, false, clock.instant()));
        unsettled.remove(call.id);
      }
    }

    private void capture(Capture capture) throws Exception {
      get(ledger.capture(capture));
      unsettled.remove(capture.holdId());
    }

    /** All that is open is lost; the ledger is opened again and adopts the holds. */
    private void crash() throws Exception {
      for (Call call : open) {
        call.trueCost = Money.ceiling(call.fullCost);
        call.unknowable = !call.headersSeen;
      }
      open.clear();
      ledger = open();
      Orphans adopted = ledger.adoptOrphans(clock.instant());
      assertThat(adopted.open()).as(name()).isGreaterThanOrEqualTo(0);
    }

    /** What the reconciler does, with an upstream that answers when the history says so. */
    private void lookUp() throws Exception {
      Instant now = clock.instant();
      ledger.adoptOrphans(now);
      for (Hold hold : ledger.due(now, 1000)) {
        Call call = calls.get(hold.id());
        boolean known =
            hold.generationId() != null && call.knownAt != null && !call.knownAt.isAfter(now);
        if (known) {
          String cost = call.trueCost.dollars().toPlainString();
          byte[] generation = ("{\"data\":{\"total_cost\":" + cost + "}}").getBytes(UTF_8);
          capture(meter.settle(hold, generation).orElseThrow().of(hold.id(), null, now));
        } else if (hold.generationId() == null || now.isAfter(hold.pendingAt().plus(KEEP_HOLD))) {
          call.unknowable = true;
          capture(meter.giveUp(hold).of(hold.id(), null, now));
        } else {
          ledger.defer(hold.id(), now, now.plus(NEXT_LOOK));
        }
      }
    }

    private void assertBalance() throws Exception {
      Balance balance = ledger.balance(project);
      if (mode == HoldMode.STRICT) {
        assertThat(balance.available().isNegative()).as(name() + ": below zero").isFalse();
        return;
      }
      Money overruns = Money.ZERO;
      for (Entry entry : entries(project)) {
        if (unsettledAtLastHold.contains(entry.id())) {
          // Above what was held at first: a hold that was cut meanwhile must not count as an
          // excuse.
          Money above = entry.amount().minus(calls.get(entry.id()).bound);
          overruns = overruns.plus(above.max(Money.ZERO));
        }
      }
      assertThat(balance.available().plus(overruns).isNegative())
          .as(name() + ": a deficit above the overruns of requests that were open together")
          .isFalse();
    }

    void assertStrict() throws Exception {
      Money trueCosts = Money.ZERO;
      Money charges = Money.ZERO;
      Money shortfalls = Money.ZERO;
      for (Call call : calls.values()) {
        Money charge = sum(call, Entry.Kind.CHARGE);
        Money shortfall = sum(call, Entry.Kind.SHORTFALL);
        if (!call.unlisted) {
          assertThat(call.held)
              .as(name() + ": too small a hold, " + call.id)
              .isGreaterThanOrEqualTo(call.trueCost);
          assertThat(shortfall).as(name() + ", " + call.id).isEqualTo(Money.ZERO);
        }
        if (!call.unknowable) {
          trueCosts = trueCosts.plus(call.trueCost);
          charges = charges.plus(charge);
          shortfalls = shortfalls.plus(shortfall);
        }
      }
      assertThat(trueCosts.minus(charges)).as(name()).isEqualTo(shortfalls);
      Balance balance = ledger.balance(project);
      assertThat(balance.total().isNegative()).as(name()).isFalse();
      assertThat(trueCosts.minus(credits)).as(name()).isLessThanOrEqualTo(shortfalls);
    }

    void assertBounded() throws Exception {
      for (Call call : calls.values()) {
        if (!call.unknowable) {
          assertThat(sum(call, Entry.Kind.CHARGE))
              .as(name() + ", " + call.id)
              .isEqualTo(call.trueCost);
        }
      }
    }

    private Money sum(Call call, Entry.Kind kind) throws Exception {
      Money sum = Money.ZERO;
      for (Entry entry : entries(project)) {
        boolean its = entry.id().equals(call.id) || entry.id().startsWith(call.id + "/");
        if (its && entry.kind() == kind) {
          sum = sum.plus(entry.amount());
        }
      }
      return sum;
    }
  }
}
