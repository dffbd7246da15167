package dev.tollgate.gateway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guard of all other tests, on loggers and a stream of its own. */
class LogGuardTest {
  private final PrintStream before = System.err;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private Logger root;
  private Logger logger;
  private LogGuard guard;

  @BeforeEach
  void listen() {
    root = Logger.getAnonymousLogger();
    root.setUseParentHandlers(false);
    logger = Logger.getAnonymousLogger();
    logger.setParent(root);
    System.setErr(new PrintStream(printed, true));
    guard = new LogGuard(root, logger);
    guard.listen();
  }

  @AfterEach
  void stop() {
    try {
      guard.close();
    } finally {
      System.setErr(before);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "key=tg_a1b2c3d4_0123456789abcdefghijklmnopqrstuvwxyzABCDEF-",
        "(tgm_a1b2c3d4_0123456789abcdefghijklmnopqrstuvwxyzABCDE_-)",
        "upstream key sk-or-v1-operators-own-secret",
        "sk-x",
        "Authorization: Bearer abcdef",
        "BEARER  abcdef",
        "x-api-key: anything",
        "tokens: an-admin-token-of-forty-characters-or-so",
        "{\"content\":\"a-prompt-nobody-else-may-read\"}",
        "an-answer-nobody-else-may-read",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
      })
  void aSecretInALineOfAnyLevelFailsTheTest(String line) {
    logger.log(Level.FINEST, line);

    assertThatThrownBy(guard::requireNothing)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(line);
    assertThatCode(guard::requireNothing).as("told once").doesNotThrowAnyException();
  }

  @Test
  void aSecretInAnExceptionOrAParameterFailsTheTest() {
    logger.log(Level.WARNING, "failed", new IllegalStateException("no such key: sk-or-v1-x"));
    assertThatThrownBy(guard::requireNothing).isInstanceOf(AssertionError.class);

    logger.log(Level.WARNING, "failed: {0}", "sk-or-v1-x");
    assertThatThrownBy(guard::requireNothing).isInstanceOf(AssertionError.class);
  }

  @Test
  void aSecretOnTheErrorStreamFailsTheTestAndIsPrintedAllTheSame() {
    System.err.print("2026-01-01 INFO :upstream key sk-or-");
    System.err.println("v1-x");

    assertThatThrownBy(guard::requireNothing).isInstanceOf(AssertionError.class);
    assertThat(printed.toString()).contains("sk-or-v1-x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "id=req_1 project=shop key=tg_a1b2c3d4 outcome=complete",
        "no default upstream key: set TOLLGATE_UPSTREAM_KEY",
        "the admin API is off: no tollgate.admin.token",
        "risk-free, task-1 and disk-b"
      })
  void whatIsNoSecretIsNone(String line) {
    logger.log(Level.INFO, line);
    System.err.println(line);

    assertThatCode(guard::requireNothing).doesNotThrowAnyException();
  }
}
