package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.admin.Drift.Result;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.Reports.Baseline;
import dev.tollgate.gateway.ledger.Reports.Spending;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares the captured amounts with the upstream's spending figures, key by key. */
final class DriftCheck {
  private final Reports reports;
  private final UpstreamKeys keys;
  private final UpstreamSpending upstream;
  private final InstantSource clock;

  DriftCheck(Reports reports, UpstreamKeys keys, UpstreamSpending upstream, InstantSource clock) {
    this.reports = reports;
    this.keys = keys;
    this.upstream = upstream;
    this.clock = clock;
  }

  List<Drift> run(boolean newBaseline) {
    return reports.spending().stream().map(spending -> check(spending, newBaseline)).toList();
  }

  private Drift check(Spending now, boolean newBaseline) {
    Optional<Baseline> before = reports.baseline(now.upstreamKeyId());
    BigDecimal spent;
    try {
      spent = spent(now.upstreamKeyId());
    } catch (IOException e) {
      return drift(
          now,
          Result.NOT_ASKED,
          before.map(Baseline::at).orElse(null),
          BigDecimal.ZERO,
          Money.ZERO,
          0,
          String.valueOf(e.getMessage()));
    }
    if (newBaseline || before.isEmpty()) {
      Instant at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      reports.setBaseline(
          now.upstreamKeyId(), new Baseline(spent, now.captured(), now.charges(), at));
      return drift(now, Result.NEW_BASELINE, at, BigDecimal.ZERO, Money.ZERO, 0, "");
    }
    Baseline baseline = before.get();
    Drift drift =
        drift(
            now,
            Result.SAME,
            baseline.at(),
            spent.subtract(baseline.usage()),
            now.captured().minus(baseline.captured()),
            now.charges() - baseline.charges(),
            "");
    return drift(
        now,
        Drift.compare(drift.difference(), drift.charges()),
        drift.since(),
        drift.upstream(),
        drift.captured(),
        drift.charges(),
        "");
  }

  private BigDecimal spent(String upstreamKeyId) throws IOException {
    Secret key =
        keys.find(upstreamKeyId).orElseThrow(() -> new IOException("the key is not known"));
    return upstream.spent(key);
  }

  private static Drift drift(
      Spending now,
      Result result,
      @Nullable Instant since,
      BigDecimal upstream,
      Money captured,
      long charges,
      String reason) {
    return new Drift(
        now.upstreamKeyId(),
        result,
        since,
        upstream,
        captured,
        charges,
        now.unsettled(),
        now.unresolved(),
        reason);
  }
}
