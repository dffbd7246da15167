package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerContract;
import dev.tollgate.gateway.ledger.Money;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcLedgerTest extends LedgerContract {
  @TempDir Path directory;
  private JdbcStores stores;
  private int projects;

  @Override
  protected Ledger freshLedger() {
    stores = JdbcStores.open(new DatabaseOptions(directory.resolve("tollgate.db")), null);
    return stores.ledger();
  }

  @Override
  protected String newProject() {
    String name = "p" + projects++;
    stores.keyAdmin().insertProject(new Project("prj_" + name, name, true, null, Instant.EPOCH));
    return "prj_" + name;
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private CreditOutcome credit(String project, String id, String dollars) {
    return stores.ledger().credit(new Credit(id, project, Money.parse(dollars), "", Instant.EPOCH));
  }

  private void execute(String sql) throws Exception {
    try (Sqlite sqlite = new Sqlite(directory.resolve("tollgate.db"))) {
      sqlite.execute(sql);
    }
  }

  @Test
  void whatIsHeldIsLoanedAndCannotBeTakenBack() throws Exception {
    String project = newProject();
    credit(project, "c1", "5.00");
    execute("UPDATE project SET held_nanos = 2000000000 WHERE id = '" + project + "'");
    Balance balance = new Balance(Money.parse("5.00"), Money.parse("2.00"));

    assertThat(credit(project, "c2", "-3.000000001"))
        .isEqualTo(new CreditOutcome(Result.BELOW_HELD, balance));
    assertThat(credit(project, "c2", "-3.00").result()).isEqualTo(Result.BOOKED);
  }

  @Test
  void aProjectInDebtCanBeCredited() throws Exception {
    String project = newProject();
    execute("UPDATE project SET charges_nanos = 5000000000 WHERE id = '" + project + "'");

    assertThat(credit(project, "c1", "1.00").balance().total()).isEqualTo(Money.parse("-4.00"));
  }

  @Test
  void theSumOfCreditsIsCountedEvenIfMostOfItIsSpent() throws Exception {
    String project = newProject();
    credit(project, "c1", "9000000000.00");
    execute("UPDATE project SET charges_nanos = 9000000000000000000 WHERE id = '" + project + "'");

    assertThatThrownBy(() -> credit(project, "c2", "9000000000.00"))
        .isInstanceOf(ArithmeticException.class);
    assertThat(stores.ledger().balance(project).total()).isEqualTo(Money.ZERO);
  }

  @Test
  void balancesOutliveTheProcess() {
    String project = newProject();
    credit(project, "c1", "5.000000001");
    stores.close();

    stores = JdbcStores.open(new DatabaseOptions(directory.resolve("tollgate.db")), null);

    assertThat(stores.ledger().balance(project).total()).isEqualTo(Money.parse("5.000000001"));
    assertThat(credit(project, "c1", "5.000000001").result()).isEqualTo(Result.REPEATED);
  }
}
