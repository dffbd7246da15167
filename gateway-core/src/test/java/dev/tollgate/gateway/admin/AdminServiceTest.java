package dev.tollgate.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.admin.AdminService.Account;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.SettableClock;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminServiceTest {
  private static final Money FIVE = Money.parse("5.00");

  @TempDir Path directory;
  private final SettableClock clock = new SettableClock();
  private JdbcStores stores;
  private AdminService admin;

  @BeforeEach
  void open() {
    stores = JdbcStores.open(new DatabaseOptions(directory.resolve("tollgate.db")), null);
    admin = admin(stores.ledger());
  }

  private AdminService admin(Ledger ledger) {
    return new AdminService(
        new AdminStores(
            stores.keyAdmin(),
            ledger,
            stores.reports(),
            stores.upstreamKeys(),
            stores.audit(),
            stores.answeredRequests(),
            stores.transactions()),
        clock);
  }

  @AfterEach
  void close() {
    stores.close();
  }

  /** Books that cannot be written. */
  private static Ledger readOnly(Ledger books) {
    return (Ledger)
        Proxy.newProxyInstance(
            Ledger.class.getClassLoader(),
            new Class<?>[] {Ledger.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("balance")) {
                return books.balance((String) arguments[0]);
              }
              throw new StoreUnavailableException("the books cannot be written");
            });
  }

  private Minted shop() {
    return admin.createProject("shop", FIVE, null);
  }

  private Principal find(Minted minted) {
    return stores.keys().find(minted.fingerprint()).orElseThrow();
  }

  private Money total() {
    return admin.showProject("shop").balance().total();
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOf(AdminException.class)
        .hasMessageNotContaining("\n")
        .hasMessageNotContaining("\r");
  }

  // --- projects

  @Test
  void aNewProjectIsEnabledAndHasItsBalance() {
    shop();

    Account account = admin.showProject("shop");
    assertThat(account.project().enabled()).isTrue();
    assertThat(account.balance()).isEqualTo(new Balance(FIVE, Money.ZERO));
  }

  @Test
  void aNewProjectsKeyOpensIt() {
    Principal principal = find(shop());

    assertThat(principal.project().name()).isEqualTo("shop");
    assertThat(principal.key().isUsable(clock.instant())).isTrue();
  }

  @Test
  void aNewProjectKeepsItsUpstreamKey() {
    Minted minted = admin.createProject("shop", Money.ZERO, Secret.of("sk-or-1"));

    assertThat(find(minted).project().upstreamKey()).isEqualTo(Secret.of("sk-or-1"));
  }

  @Test
  void aNewProjectMayHaveNothing() {
    admin.createProject("shop", Money.ZERO, null);

    assertThat(total()).isEqualTo(Money.ZERO);
  }

  @Test
  void aNewProjectMayNotOweAnything() {
    assertRefused(() -> admin.createProject("shop", new Money(-1), null))
        .hasMessage("the balance is -0.000000001 USD, but must not be negative");
    assertThat(admin.listProjects()).isEmpty();
  }

  @Test
  void aProjectWhoseFirstCreditFailsIsNotMade() {
    AdminService broken = admin(readOnly(stores.ledger()));

    assertThatThrownBy(() -> broken.createProject("shop", FIVE, null))
        .isInstanceOf(StoreUnavailableException.class);
    assertThat(admin.listProjects()).isEmpty();
    assertThatCode(this::shop).doesNotThrowAnyException();
  }

  @Test
  void aNameThatIsTakenIsRefusedAndChangesNothing() {
    shop();

    assertRefused(() -> admin.createProject("shop", Money.parse("7"), null))
        .hasMessage("project shop already exists");
    assertThat(admin.listKeys("shop")).hasSize(1);
    assertThat(total()).isEqualTo(FIVE);
  }

  @Test
  void aNameThatIsNoneIsRefused() {
    assertRefused(() -> admin.createProject("a\nb", FIVE, null))
        .hasMessageStartingWith("a project name must have");
  }

  @Test
  void projectsAreListedByNameWithTheirBalances() {
    admin.createProject("b", FIVE, null);
    admin.createProject("a", Money.ZERO, null);

    assertThat(admin.listProjects())
        .extracting(account -> account.project().name() + " " + account.balance().total())
        .containsExactly("a 0.00", "b 5.00");
  }

  @Test
  void anUnknownProjectIsNamed() {
    assertRefused(() -> admin.showProject("shop")).hasMessage("there is no project 'shop'");
  }

  @Test
  void anUnknownProjectIsNamedInOneShortLine() {
    assertRefused(() -> admin.showProject("a\r\nb" + "c".repeat(1_000)))
        .hasMessageStartingWith("there is no project 'a??bccc")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(150));
  }

  @Test
  void everyUseCaseRefusesAnUnknownProject() {
    assertRefused(() -> admin.setEnabled("shop", true));
    assertRefused(() -> admin.createKey("shop", KeySpec.INFERENCE));
    assertRefused(() -> admin.listKeys("shop"));
    assertRefused(() -> admin.revokeKey("shop", "tg_1"));
    assertRefused(() -> admin.credit("shop", FIVE, "", null));
  }

  @Test
  void aDisabledProjectIsDisabledUntilItIsEnabled() {
    Minted minted = shop();

    admin.setEnabled("shop", false);
    admin.setEnabled("shop", false);
    assertThat(find(minted).project().enabled()).isFalse();

    admin.setEnabled("shop", true);
    assertThat(find(minted).project().enabled()).isTrue();
  }

  // --- keys

  @Test
  void aFurtherKeyOpensTheSameProject() {
    shop();

    assertThat(find(admin.createKey("shop", KeySpec.INFERENCE)).project().name()).isEqualTo("shop");
  }

  @Test
  void aKeyExpiresAfterItsLifetime() {
    shop();
    ApiKey key =
        find(admin.createKey(
                "shop", new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofDays(30), SpendingCaps.NONE)))
            .key();

    clock.advance(Duration.ofDays(30).minusMillis(1));
    assertThat(key.isUsable(clock.instant())).isTrue();
    clock.advance(Duration.ofMillis(1));
    assertThat(key.isUsable(clock.instant())).isFalse();
  }

  @Test
  void aLifetimeOfNothingIsRefused() {
    shop();

    assertRefused(
        () ->
            admin.createKey(
                "shop", new KeySpec(ApiKey.Kind.INFERENCE, Duration.ZERO, SpendingCaps.NONE)));
    assertRefused(
        () ->
            admin.createKey(
                "shop",
                new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofSeconds(-1), SpendingCaps.NONE)));
    assertThat(admin.listKeys("shop")).hasSize(1);
  }

  @Test
  void aRevokedKeyIsRevokedFromThenOn() {
    Minted minted = shop();

    admin.revokeKey("shop", minted.id());

    assertThat(find(minted).key().revokedAt()).isEqualTo(clock.instant());
  }

  @Test
  void revokingTwiceKeepsTheFirstTime() {
    Minted minted = shop();
    admin.revokeKey("shop", minted.id());
    clock.advance(Duration.ofDays(1));

    admin.revokeKey("shop", minted.id());

    assertThat(find(minted).key().revokedAt()).isEqualTo(clock.instant().minus(Duration.ofDays(1)));
  }

  @Test
  void anUnknownKeyCannotBeRevoked() {
    shop();

    assertRefused(() -> admin.revokeKey("shop", "tg_unknown"))
        .hasMessageContaining("shop")
        .hasMessageContaining("tg_unknown");
  }

  @Test
  void anUnknownKeyIsNamedInOneShortLine() {
    shop();

    assertRefused(() -> admin.revokeKey("shop", "tg_\r\n" + "x".repeat(1_000)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }

  @Test
  void anotherProjectsKeyCannotBeRevoked() {
    Minted minted = shop();
    admin.createProject("other", FIVE, null);

    assertRefused(() -> admin.revokeKey("other", minted.id()));
    assertThat(find(minted).key().revokedAt()).isNull();
  }

  // --- credits

  @Test
  void aCreditIsAdded() {
    shop();

    assertThat(admin.credit("shop", new Money(1), "", null).result()).isEqualTo(Result.BOOKED);
    assertThat(total()).isEqualTo(Money.parse("5.000000001"));
  }

  @Test
  void creditsWithoutAnIdAreEachBooked() {
    shop();
    admin.credit("shop", FIVE, "", null);
    admin.credit("shop", FIVE, "", null);

    assertThat(total()).isEqualTo(Money.parse("15.00"));
  }

  @Test
  void aCreditThatIsRepeatedByItsIdIsBookedOnce() {
    shop();
    admin.credit("shop", FIVE, "", "invoice-1");

    assertThat(admin.credit("shop", FIVE, "again", "invoice-1").result())
        .isEqualTo(Result.REPEATED);
    assertThat(total()).isEqualTo(Money.parse("10.00"));
  }

  @Test
  void anIdThatWasUsedForAnotherAmountIsRefused() {
    shop();
    admin.credit("shop", FIVE, "", "invoice-1");

    assertRefused(() -> admin.credit("shop", new Money(1), "", "invoice-1"))
        .hasMessageContaining("invoice-1")
        .hasMessageContaining("was already booked with another amount");
    assertThat(total()).isEqualTo(Money.parse("10.00"));
  }

  @Test
  void anIdThatWasUsedIsNamedInOneLine() {
    shop();
    admin.credit("shop", FIVE, "", "invoice\r\n1");

    assertRefused(() -> admin.credit("shop", new Money(1), "", "invoice\r\n1"))
        .hasMessageContaining("invoice??1");
  }

  @Test
  void allThatIsAvailableCanBeTakenBack() {
    shop();

    admin.credit("shop", Money.parse("-5.00"), "", null);

    assertThat(total()).isEqualTo(Money.ZERO);
  }

  @Test
  void moreThanIsAvailableCannotBeTakenBack() {
    shop();

    assertRefused(() -> admin.credit("shop", Money.parse("-5.000000001"), "", null))
        .hasMessage("project shop has 5.00 USD available, but the credit is -5.000000001 USD");
    assertThat(total()).isEqualTo(FIVE);
  }

  @Test
  void aBalanceThatCannotBeCountedIsRefused() {
    shop();

    assertRefused(() -> admin.credit("shop", new Money(Long.MAX_VALUE), "", null))
        .hasMessage("the balance would exceed 9,223,372,036 US dollars");
    assertThat(total()).isEqualTo(FIVE);
  }

  @Test
  void anAmountOfZeroIsRefused() {
    shop();

    assertRefused(() -> admin.credit("shop", Money.ZERO, "", null))
        .hasMessage("the amount is 0.00, but must not be zero");
  }

  @Test
  void aNoteHasAtMost500Characters() {
    shop();
    admin.credit("shop", FIVE, "n".repeat(500), null);

    assertRefused(() -> admin.credit("shop", FIVE, "n".repeat(501), null))
        .hasMessage("the note has 501 characters, but at most 500 are allowed");
  }

  @Test
  void anIdHasAtMost200Characters() {
    shop();
    admin.credit("shop", FIVE, "", "i".repeat(200));

    assertRefused(() -> admin.credit("shop", FIVE, "", "i".repeat(201)))
        .hasMessage("the id has 201 characters, but must have 1 to 200 characters");
  }

  @Test
  void aBlankIdIsRefused() {
    shop();

    assertRefused(() -> admin.credit("shop", FIVE, "", " "))
        .hasMessageStartingWith("the id is blank, but");
  }
}
