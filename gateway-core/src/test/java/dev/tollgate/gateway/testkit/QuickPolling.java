package dev.tollgate.gateway.testkit;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Makes Awaitility look at a condition every 10 ms, not every 100: most conditions come true within
 * a few milliseconds, and some tests wait for a hundred. Found by JUnit as {@link LogGuard} is.
 */
public final class QuickPolling implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
  }
}
