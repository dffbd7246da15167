package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.admin.Drift.Result;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.Baseline;
import dev.tollgate.gateway.ledger.Reports.Spending;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Compares the captured amounts with the upstream's spending figures, key by key. */
record DriftCheck(
    Reports reports, UpstreamKeys keys, UpstreamSpending upstream, InstantSource clock) {

  List<Drift> run(boolean newBaseline) {
    return reports.spending().stream().map(spending -> check(spending, newBaseline)).toList();
  }

  private Drift check(Spending now, boolean newBaseline) {
    String key = now.upstreamKeyId();
    Baseline before = reports.baseline(key).orElse(null);
    BigDecimal spent;
    try {
      spent = spent(key);
    } catch (IOException e) {
      Instant since = before == null ? null : before.at();
      return Drift.notCompared(now, Result.NOT_ASKED, since, String.valueOf(e.getMessage()));
    }
    if (newBaseline || before == null) {
      Instant at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      reports.setBaseline(key, new Baseline(spent, now.captured(), now.charges(), at));
      return Drift.notCompared(now, Result.NEW_BASELINE, at, "");
    }
    return Drift.since(before, now, spent.subtract(before.usage()));
  }

  private BigDecimal spent(String upstreamKeyId) throws IOException {
    Secret key =
        keys.find(upstreamKeyId)
            .orElseThrow(() -> new IOException("the upstream key is not in the database"));
    return upstream.spent(key);
  }
}
