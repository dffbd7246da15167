package dev.tollgate.gateway.ledger;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Entry.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A {@link Ledger} does at random what {@link InMemoryLedger} does: every call is made to both, and
 * both must answer the same and have the same books afterwards. Extend it to test one.
 *
 * <p>The ids are few and soon used up, so that repeats, collisions and late answers happen all the
 * time. {@code -Dtollgate-test.seed} repeats a run, {@code -Dtollgate-test.steps} makes it longer.
 */
public abstract class LedgerOracleContract {
  private static final int STEPS = Integer.getInteger("tollgate-test.steps", 4_000);
  private static final int ROUND = 2_000;
  private static final int COMPARE_ALL = 100;
  private static final int IDS = 10;
  private static final int OLDEST = 50;
  private static final int REMEMBERED_CALLS = 15;
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final long seed =
      Long.getLong("tollgate-test.seed", System.nanoTime() ^ System.currentTimeMillis());
  private final Random random = new Random(seed);
  private final InMemoryLedger oracle = new InMemoryLedger();
  private final Deque<String> calls = new ArrayDeque<>();
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private Ledger ledger;
  private Instant now = START;
  private int step;

  // Of a round: its projects, and from which number on ids are taken.
  private String boundedOnly;
  private String strictOnly;
  private String mixed;
  private String rich;
  private int firstId;

  private final Set<String> tried = new HashSet<>();

  /** How each hold was asked for first, as a repeat is mostly the same. */
  private final Map<String, HoldRequest> requests = new HashMap<>();

  private final Map<String, Capture> captures = new HashMap<>();
  private final List<Credit> credits = new ArrayList<>();

  /** A ledger without entries; asked for once. */
  protected abstract Ledger freshLedger() throws Exception;

  /** The id of a project that {@link #freshLedger}'s ledger knows, another one each time. */
  protected abstract String newProject() throws Exception;

  /** All the entries of a project of the fresh ledger, in any order. */
  protected abstract List<Entry> entries(String projectId) throws Exception;

  /** A call of the port, to be made to one ledger and then to the other. */
  private interface Call {
    @Nullable Object on(Ledger ledger) throws Exception;
  }

  // As long as the steps take.
  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void itDoesWhatTheBooksInMemoryDo() throws Exception {
    System.out.println(
        getClass().getSimpleName() + ": -Dtollgate-test.seed=" + seed + ", " + STEPS + " steps");
    ledger = freshLedger();
    for (step = 0; step < STEPS; step++) {
      if (step % ROUND == 0) {
        compareAll(oracle.projects());
        beginRound();
      }
      takeStep();
      if (step % COMPARE_ALL == 0) {
        compareAll(List.of(boundedOnly, strictOnly, mixed, rich));
      }
    }
    compareAll(oracle.projects());
    System.out.println(outcomes);
    if (STEPS >= 10_000) {
      assertThat(outcomes.keySet())
          .as(() -> context() + "a run meets everything")
          .contains(
              "capture DONE",
              "capture LATE",
              "capture REPEATED",
              "capture UNKNOWN",
              "credit ArithmeticException",
              "credit BELOW_HELD",
              "credit BOOKED",
              "credit ID_TAKEN",
              "credit REPEATED",
              "hold CapReached",
              "hold Duplicate",
              "hold Held",
              "hold IllegalStateException",
              "hold Insufficient",
              "hold TooManyFree",
              "hold TooManyOpen",
              "pend DONE",
              "pend LATE",
              "pend REPEATED",
              "pend UNKNOWN",
              "release DONE",
              "release LATE",
              "release REPEATED",
              "release UNKNOWN");
    }
  }

  private void beginRound() throws Exception {
    boundedOnly = project();
    strictOnly = project();
    mixed = project();
    rich = project();
    // No id of the round before: its project would not be looked at any more.
    firstId += IDS + OLDEST;
    tried.clear();
    requests.clear();
    captures.clear();
    credits.clear();
  }

  private String project() throws Exception {
    String id = newProject();
    oracle.addProject(id);
    return id;
  }

  private void takeStep() throws Exception {
    now = now.plusMillis(random.nextInt(1_000));
    if (oneIn(200)) {
      now =
          oneIn(2)
              ? Period.DAILY.end(now).orElseThrow()
              : now.plus(Duration.ofHours(random.nextInt(1, 25)));
    }
    if (oneIn(12)) {
      firstId++;
    }
    int kind = random.nextInt(100);
    if (kind < 34) {
      hold();
    } else if (kind < 56) {
      capture();
    } else if (kind < 66) {
      pend();
    } else if (kind < 73) {
      release();
    } else if (kind < 74) {
      settle();
    } else if (kind < 90) {
      credit();
    } else if (kind < 94) {
      recordGeneration();
    } else if (kind < 96) {
      due();
    } else if (kind < 98) {
      defer();
    } else if (kind < 99) {
      hurry();
    } else if (oneIn(2)) {
      Duration delay = Duration.ofSeconds(random.nextInt(20));
      compare("putClocksRight", now + " " + delay, null, l -> l.putClocksRight(now, delay));
    } else {
      compare("adoptOrphans", "", null, l -> l.adoptOrphans(now));
    }
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private String pick(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** One of the ids of now, or an older one: what is late may be very late. */
  private String holdId() {
    int newest = firstId + random.nextInt(IDS);
    return "h" + (oneIn(10) ? newest - random.nextInt(OLDEST) : newest);
  }

  /** Mostly some nanos, so that amounts are often the same and often just not covered. */
  private Money amount(@Nullable String project) {
    if (rich.equals(project) && oneIn(3)) {
      return new Money(Long.MAX_VALUE - random.nextInt(3));
    }
    return new Money(random.nextInt(1, 60));
  }

  private void credit() throws Exception {
    String project = pick(boundedOnly, strictOnly, mixed, rich);
    Money amount = oneIn(3) ? Money.ZERO.minus(amount(project)) : amount(project);
    // Never the name of a hold: those are made by the gateway.
    Credit credit =
        new Credit("c" + step, project, amount, corrected(project), pick("", "note"), now);
    if (!credits.isEmpty() && oneIn(4)) {
      Credit known = credits.get(random.nextInt(credits.size()));
      Money again = oneIn(2) ? known.amount() : amount;
      String corrects = oneIn(5) ? corrected(project) : known.corrects();
      credit = new Credit(known.id(), known.projectId(), again, corrects, "again", now);
    }
    credits.add(credit);
    Credit booked = credit;
    compare(
        "credit",
        credit,
        credit.projectId(),
        l -> {
          try {
            return l.credit(booked);
          } catch (ArithmeticException e) {
            return ArithmeticException.class;
          }
        });
  }

  /** Often no entry, mostly a recent one of the project. */
  private @Nullable String corrected(String project) {
    List<Entry> entries = oracle.entries(project);
    if (entries.isEmpty() || oneIn(2)) {
      return null;
    }
    int newest = entries.size() - 1;
    return oneIn(20)
        ? "unknown"
        : entries.get(newest - random.nextInt(Math.min(newest + 1, 8))).id();
  }

  private void hold() throws Exception {
    String id = holdId();
    String project = pick(boundedOnly, strictOnly, mixed, rich);
    HoldMode mode = oneIn(2) ? HoldMode.BOUNDED : HoldMode.STRICT;
    if (project.equals(boundedOnly)) {
      mode = HoldMode.BOUNDED;
    } else if (project.equals(strictOnly)) {
      mode = HoldMode.STRICT;
    }
    String key = pick("key_1", "key_2");
    HoldRequest made =
        new HoldRequest(
            id,
            oneIn(50) && !requests.containsKey(id) ? "prj_unknown" : project,
            key,
            amount(project),
            mode,
            new Markup(random.nextInt(200_000)),
            pick("a/model", "b/model", ""),
            pick("", "ann", "bob"),
            pick("upk_1", "upk_2"),
            oneIn(3) ? pick("k1", "k2", "K1", "k1 ", "\u00e9") : null,
            limits(project, key),
            new Money(random.nextInt(20)),
            random.nextInt(10) == 0,
            moment());
    HoldRequest known = requests.get(id);
    HoldRequest request = known == null || oneIn(5) ? made : known;
    tried.add(id);
    Object outcome = compare("hold", request, request.projectId(), l -> get(l.hold(request)));
    if (outcome instanceof HoldOutcome.Held) {
      requests.putIfAbsent(id, request);
    }
  }

  /** Mostly some that a few requests reach, and often none. */
  private HoldLimits limits(String project, String key) {
    if (oneIn(3)) {
      return HoldLimits.NONE;
    }
    return new HoldLimits(
        oneIn(3) ? random.nextInt(1, 6) : 0,
        oneIn(3) ? random.nextInt(1, 6) : 0,
        caps(project, null),
        caps(project, key));
  }

  private SpendingCaps caps(String project, @Nullable String key) {
    Spending spent = oracle.spending(project, key, now);
    return new SpendingCaps(
        cap(project, spent, Period.DAILY, 200),
        cap(project, spent, Period.WEEKLY, 500),
        cap(project, spent, Period.MONTHLY, 2_000),
        cap(project, spent, Period.TOTAL, 4_000));
  }

  /** Often none, often one of which a few nanos are left: then each nano decides. */
  private @Nullable Long cap(String project, Spending spent, Period period, int most) {
    if (!oneIn(8)) {
      return null;
    }
    long used = spent.charged(period).plusSaturated(spent.held()).nanos();
    return oneIn(2) && used < Long.MAX_VALUE - 100
        ? used + random.nextInt(1, 40)
        : cap(project, most);
  }

  private long cap(String project, int most) {
    return rich.equals(project) && oneIn(3)
        ? Long.MAX_VALUE - random.nextInt(3)
        : random.nextInt(1, most);
  }

  /** Mostly now; of another day, or another month, by a clock that is wrong or a late answer. */
  private Instant moment() {
    if (oneIn(8)) {
      return now.minus(Duration.ofSeconds(random.nextInt(100)));
    }
    if (oneIn(8)) {
      return now.plus(Duration.ofHours(random.nextInt(-40, 20)));
    }
    return oneIn(40) ? now.plus(Duration.ofDays(random.nextInt(-40, 10))) : now;
  }

  private @Nullable String projectOf(String holdId) {
    HoldRequest request = requests.get(holdId);
    return request == null ? null : request.projectId();
  }

  private void capture() throws Exception {
    String id = holdId();
    Capture first = captures.get(id);
    Capture made =
        new Capture(
            id,
            new Money(random.nextInt(60)),
            oneIn(8) ? Money.ZERO : amount(projectOf(id)),
            pick("", "0.1", "1e-1"),
            oneIn(4) ? EnumSet.of(pick(Flag.values()), pick(Flag.values())) : Set.of(),
            tokens(),
            oneIn(2) ? null : pick("a/model", "c/model"),
            oneIn(2) ? null : pick("gen-1", "gen-2"),
            moment());
    Capture capture = first == null || oneIn(2) ? made : first;
    Object outcome = compare("capture", capture, projectOf(id), l -> get(l.capture(capture)));
    if (outcome == Settled.DONE) {
      captures.put(id, capture);
    }
  }

  private Flag pick(Flag... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private void pend() throws Exception {
    String id = holdId();
    Pending pending =
        new Pending(
            id,
            new Money(random.nextInt(-5, 60)),
            fallback(),
            pick("client_gone", "upstream_failed"),
            oneIn(2) ? null : pick("gen-1", "gen-3"),
            now,
            Duration.ofMillis(random.nextInt(5_000)));
    compare("pend", pending, projectOf(id), l -> get(l.pend(pending)));
  }

  private Fallback fallback() {
    return new Fallback(
        Fallback.Source.values()[random.nextInt(3)],
        new Money(random.nextInt(60)),
        new Money(random.nextInt(60)),
        pick("", "0.1"),
        oneIn(4) ? EnumSet.of(pick(Flag.values())) : Set.of(),
        tokens());
  }

  private Tokens tokens() {
    return new Tokens(
        random.nextInt(-1, 9),
        random.nextInt(-1, 9),
        random.nextInt(-1, 9),
        random.nextInt(-1, 9),
        random.nextInt(-1, 9));
  }

  private void release() throws Exception {
    String id = holdId();
    boolean keepKey = oneIn(2);
    compare("release", id + " " + keepKey, projectOf(id), l -> get(l.release(id, keepKey, now)));
  }

  private void settle() throws Exception {
    String id = holdId();
    Money charge = oneIn(2) ? null : amount(projectOf(id));
    Instant at = moment();
    compare(
        "settle",
        id + " " + charge + " " + at,
        projectOf(id),
        l -> {
          try {
            return l.settle(id, charge, at);
          } catch (ArithmeticException e) {
            return ArithmeticException.class;
          }
        });
  }

  private void recordGeneration() throws Exception {
    String id = holdId();
    String generation = pick("gen-4", "gen-5");
    compare(
        "recordGeneration",
        id + " " + generation,
        projectOf(id),
        l -> get(l.recordGeneration(id, generation)));
  }

  private void defer() throws Exception {
    String id = holdId();
    Instant asked = now;
    Instant next = now.plusMillis(random.nextInt(20_000));
    compare(
        "defer",
        id + " " + asked + " " + next,
        projectOf(id),
        l -> {
          l.defer(id, asked, next);
          return null;
        });
  }

  private void hurry() throws Exception {
    String project = pick(boundedOnly, strictOnly, mixed, rich);
    Duration gap = Duration.ofSeconds(random.nextInt(20));
    compare(
        "hurry",
        project + " " + now + " " + gap,
        project,
        l -> {
          l.hurry(project, now, gap);
          return null;
        });
  }

  private void due() {
    Instant at = now.plusMillis(random.nextInt(-2_000, 20_000));
    int limit = oneIn(2) ? 3 : 1_000;
    List<Hold> expected = oracle.due(at, 1_000);
    List<Hold> found = ledger.due(at, limit);
    calls.addLast("due " + at + " " + limit);

    assertThat(found).as(this::context).isSubsetOf(expected).doesNotHaveDuplicates();
    // Those of the same moment may come in any order.
    assertThat(found)
        .as(this::context)
        .extracting(Hold::nextAskAt)
        .isEqualTo(expected.stream().limit(limit).map(Hold::nextAskAt).toList());
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, SECONDS);
  }

  /** What a ledger answers; of what it refuses, the kind of the exception. */
  private static @Nullable Object answer(Call call, Ledger ledger) throws Exception {
    try {
      return call.on(ledger);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ArithmeticException) {
        return ArithmeticException.class;
      }
      if (e.getCause() instanceof IllegalStateException) {
        return IllegalStateException.class;
      }
      throw e;
    }
  }

  private @Nullable Object compare(
      String name, Object argument, @Nullable String project, Call call) throws Exception {
    calls.addLast(name + " " + argument);
    if (calls.size() > REMEMBERED_CALLS) {
      calls.removeFirst();
    }
    Balance before = project == null ? null : oracle.balance(project);
    int entriesBefore = project == null ? 0 : oracle.entries(project).size();

    Object expected = answer(call, oracle);
    Object found;
    try {
      found = answer(call, ledger);
    } catch (Exception e) {
      throw new AssertionError(context(), e);
    }

    assertThat(found).as(this::context).isEqualTo(expected);
    outcomes.merge(name + " " + brief(expected), 1, Integer::sum);
    if (project != null) {
      checkBooks(project);
      if (isRefused(expected)) {
        assertThat(ledger.balance(project)).as(this::context).isEqualTo(before);
        int late = expected == Settled.LATE && name.equals("capture") ? 1 : 0;
        assertThat(oracle.entries(project).size() - entriesBefore)
            .as(this::context)
            .isBetween(0, late);
      }
    }
    return expected;
  }

  private static boolean isRefused(@Nullable Object outcome) {
    return outcome instanceof Class<?>
        || (outcome instanceof HoldOutcome && !(outcome instanceof HoldOutcome.Held))
        || (outcome instanceof Settled && outcome != Settled.DONE)
        || (outcome instanceof CreditOutcome credit
            && credit.result() != CreditOutcome.Result.BOOKED);
  }

  private static String brief(@Nullable Object outcome) {
    if (outcome instanceof Class<?> refused) {
      return refused.getSimpleName();
    }
    if (outcome instanceof HoldOutcome) {
      return outcome.getClass().getSimpleName();
    }
    return outcome instanceof CreditOutcome credit
        ? credit.result().toString()
        : String.valueOf(outcome);
  }

  /** The same balance in both, and one that the entries and the holds account for. */
  private void checkBooks(String project) {
    Balance balance = oracle.balance(project);
    assertThat(ledger.balance(project)).as(this::context).isEqualTo(balance);

    Money total = Money.ZERO;
    Money overruns = Money.ZERO;
    for (Entry entry : oracle.entries(project)) {
      if (entry.kind() == Kind.CREDIT) {
        total = total.plus(entry.amount());
      } else if (entry.kind() == Kind.CHARGE) {
        total = total.minus(entry.amount());
        overruns = overruns.plus(entry.overrun());
      }
    }
    assertThat(balance.total()).as(this::context).isEqualTo(total);
    assertThat(balance.loaned()).as(this::context).isEqualTo(heldOf(project));
    assertThat(balance.available())
        .as(this::context)
        .isGreaterThanOrEqualTo(Money.ZERO.minus(overruns));
    if (project.equals(strictOnly)) {
      assertThat(balance.available().isNegative()).as(this::context).isFalse();
    }
  }

  private Money heldOf(String project) {
    return tried.stream()
        .flatMap(id -> oracle.hold(id).stream())
        .filter(hold -> hold.request().projectId().equals(project))
        .map(Hold::amount)
        .reduce(Money.ZERO, Money::plus);
  }

  private void compareAll(Collection<String> projects) throws Exception {
    for (String project : projects) {
      List<Entry> expected = new ArrayList<>(oracle.entries(project));
      List<Entry> found = new ArrayList<>(entries(project));
      expected.sort(Comparator.comparing(Entry::id));
      found.sort(Comparator.comparing(Entry::id));
      assertThat(found).as(this::context).isEqualTo(expected);
      assertThat(ledger.balance(project)).as(this::context).isEqualTo(oracle.balance(project));
    }
    // Whatever is pending, and all that is known of it.
    Instant far = now.plus(Duration.ofDays(1));
    UnaryOperator<List<Hold>> sorted =
        holds -> holds.stream().sorted(Comparator.comparing(Hold::id)).toList();
    assertThat(sorted.apply(ledger.due(far, 10_000)))
        .as(this::context)
        .isEqualTo(sorted.apply(oracle.due(far, 10_000)));
  }

  private String context() {
    return "-Dtollgate-test.seed="
        + seed
        + ", step "
        + step
        + ", the last calls:\n  "
        + String.join("\n  ", calls)
        + "\n";
  }
}
