package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CachingKeyStoreTest {
  private static final KeyFingerprint KEY = KeyFingerprint.of("tg_key");

  private final SettableClock clock = new SettableClock();
  private final CountingStore store = new CountingStore();
  private final CachingKeyStore cache = new CachingKeyStore(store, clock::nanoTime);

  /** Keys in memory that counts how often it is asked and can be made to fail. */
  private static final class CountingStore implements KeyStore {
    private final Map<KeyFingerprint, Principal> principals = new ConcurrentHashMap<>();
    private final AtomicInteger loads = new AtomicInteger();
    private final AtomicLong changes = new AtomicLong();
    private volatile boolean silent;
    private Runnable afterLoad = () -> {};

    void put(KeyFingerprint fingerprint, String project) {
      principals.put(
          fingerprint,
          new Principal(
              new Project("prj_" + project, project, true, null, Markup.NONE, Instant.EPOCH),
              new ApiKey("tg_1", "prj_" + project, Instant.EPOCH, null, null)));
      changes.incrementAndGet();
    }

    void remove(KeyFingerprint fingerprint) {
      principals.remove(fingerprint);
      changes.incrementAndGet();
    }

    @Override
    public Optional<Principal> find(KeyFingerprint fingerprint) {
      requireAnswer();
      loads.incrementAndGet();
      Optional<Principal> found = Optional.ofNullable(principals.get(fingerprint));
      afterLoad.run();
      return found;
    }

    @Override
    public long changeCounter() {
      requireAnswer();
      return changes.get();
    }

    private void requireAnswer() {
      if (silent) {
        throw new StoreUnavailableException("silent");
      }
    }
  }

  private Optional<String> projectOf(KeyFingerprint fingerprint) {
    return cache.find(fingerprint).map(principal -> principal.project().name());
  }

  @Test
  void aKeyIsLoadedOnce() {
    store.put(KEY, "shop");
    cache.poll();

    assertThat(projectOf(KEY)).contains("shop");
    assertThat(projectOf(KEY)).contains("shop");
    assertThat(store.loads).hasValue(1);
  }

  @Test
  void anUnknownKeyIsRememberedToo() {
    assertThat(projectOf(KEY)).isEmpty();
    assertThat(projectOf(KEY)).isEmpty();
    assertThat(store.loads).hasValue(1);
  }

  @Test
  void whoeverGuessesKeysPushesOutNoneThatIsKnown() {
    int known = 5_000;
    int guesses = 100_000;
    for (int i = 0; i < known; i++) {
      store.put(KeyFingerprint.of("tg_known" + i), "shop");
    }
    cache.poll();
    for (int i = 0; i < known; i++) {
      projectOf(KeyFingerprint.of("tg_known" + i));
    }

    for (int i = 0; i < guesses; i++) {
      assertThat(cache.find(KeyFingerprint.of("tg_guess" + i))).isEmpty();
    }

    assertThat(store.loads).hasValue(known + guesses);
    for (int i = 0; i < known; i++) {
      assertThat(projectOf(KeyFingerprint.of("tg_known" + i))).contains("shop");
    }
    assertThat(store.loads).hasValue(known + guesses);
    assertThat(cache.remembered()).isLessThanOrEqualTo(known + 10_000);
  }

  @Test
  void aKeyThatIsRevokedAndOneThatIsGivenBackAreSeen() {
    for (int i = 0; i < 3; i++) {
      store.put(KEY, "shop");
      cache.poll();
      assertThat(projectOf(KEY)).contains("shop");
      store.remove(KEY);
      cache.poll();
      assertThat(projectOf(KEY)).isEmpty();
    }
    assertThat(cache.remembered()).isEqualTo(1);
  }

  @Test
  void aPollWithoutAChangeKeepsWhatIsKnown() {
    projectOf(KEY);
    cache.poll();
    projectOf(KEY);

    assertThat(store.loads).hasValue(1);
  }

  @Test
  void aChangeIsSeenAfterAPoll() {
    store.put(KEY, "shop");
    cache.poll();
    projectOf(KEY);

    store.remove(KEY);
    cache.poll();

    assertThat(projectOf(KEY)).isEmpty();
  }

  @Test
  void aKeyThatWasUnknownIsSeenAfterAPoll() {
    projectOf(KEY);

    store.put(KEY, "shop");
    cache.poll();

    assertThat(projectOf(KEY)).contains("shop");
  }

  @Test
  void everyKeyIsLoadedAgainAfterAChange() {
    KeyFingerprint other = KeyFingerprint.of("tg_other");
    projectOf(KEY);
    projectOf(other);

    store.put(KEY, "shop");
    cache.poll();
    projectOf(KEY);
    projectOf(other);

    assertThat(store.loads).hasValue(4);
  }

  @Test
  void aChangeDuringALoadLeavesNoStaleEntry() {
    store.put(KEY, "shop");
    cache.poll();
    store.afterLoad =
        () -> {
          store.remove(KEY);
          cache.poll();
        };
    projectOf(KEY);
    store.afterLoad = () -> {};

    assertThat(projectOf(KEY)).isEmpty();
  }

  @Test
  void aChangeDuringALoadThatIsPolledAfterItLeavesNoStaleEntry() {
    store.put(KEY, "shop");
    cache.poll();
    store.afterLoad = () -> store.remove(KEY);
    projectOf(KEY);
    store.afterLoad = () -> {};
    cache.poll();

    assertThat(projectOf(KEY)).isEmpty();
  }

  @Test
  void itsOwnCounterIsTheOneLastPolled() {
    store.put(KEY, "shop");
    assertThat(cache.changeCounter()).isZero();

    cache.poll();

    assertThat(cache.changeCounter()).isEqualTo(1);
  }

  @Test
  void aKnownKeyIsAnsweredWhileTheStoreIsSilentForFiveSeconds() {
    store.put(KEY, "shop");
    cache.poll();
    projectOf(KEY);
    store.silent = true;

    clock.advance(CachingKeyStore.MAX_SILENCE);
    cache.poll();

    assertThat(projectOf(KEY)).contains("shop");
  }

  @Test
  void aKnownKeyIsNotAnsweredWhenTheStoreWasSilentForLonger() {
    projectOf(KEY);
    store.silent = true;

    clock.advance(CachingKeyStore.MAX_SILENCE.plusMillis(1));
    cache.poll();

    assertThatThrownBy(() -> cache.find(KEY)).isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void aStoreThatIsNotPolledCountsAsSilent() {
    projectOf(KEY);

    clock.advance(Duration.ofSeconds(6));

    assertThatThrownBy(() -> cache.find(KEY)).isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void anUnloadedKeyOfASilentStoreIsNotTakenForUnknown() {
    store.silent = true;

    assertThatThrownBy(() -> cache.find(KEY)).isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void aFailedLoadIsNotRemembered() {
    store.put(KEY, "shop");
    cache.poll();
    store.silent = true;
    assertThatThrownBy(() -> cache.find(KEY)).isInstanceOf(StoreUnavailableException.class);

    store.silent = false;

    assertThat(projectOf(KEY)).contains("shop");
  }

  @Test
  void itRecoversWithTheNextPollThatIsAnswered() {
    store.put(KEY, "shop");
    store.silent = true;
    clock.advance(Duration.ofMinutes(1));
    cache.poll();
    store.silent = false;

    cache.poll();

    assertThat(projectOf(KEY)).contains("shop");
  }

  @Test
  void aChangeMadeDuringTheSilenceIsSeenAfterIt() {
    store.put(KEY, "shop");
    cache.poll();
    projectOf(KEY);
    store.silent = true;
    store.remove(KEY);
    cache.poll();
    store.silent = false;

    cache.poll();

    assertThat(projectOf(KEY)).isEmpty();
  }

  @Test
  void aStoreThatIsSilentAtTheStartIsRefused() {
    store.silent = true;

    assertThatThrownBy(() -> new CachingKeyStore(store, clock::nanoTime))
        .isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void itPollsByItselfOnceStartedThroughFailures() {
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    try (cache) {
      store.silent = true;
      cache.start(scheduler);
      store.put(KEY, "shop");
      store.silent = false;

      await().atMost(Duration.ofSeconds(10)).until(() -> cache.changeCounter() == 1);
    } finally {
      scheduler.shutdownNow();
    }
  }
}
