package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLockTest {
  @TempDir Path directory;

  /** What another process does: exit code 0 if it got the lock. */
  static final class Other {
    public static void main(String[] arguments) {
      try (ServerLock lock = ServerLock.acquire(Path.of(arguments[0]), "tollgate.db")) {
        System.exit(lock == null ? 2 : 0);
      } catch (DatabaseException e) {
        System.exit(1);
      }
    }
  }

  private int otherProcess(Path file) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                file.toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void anotherProcessIsKeptOffEvenAfterThisOneTriedTwice() throws Exception {
    Path file = directory.resolve("tollgate.db.lock");
    try (ServerLock first = ServerLock.acquire(file, "tollgate.db")) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> ServerLock.acquire(file, "tollgate.db"))
          .isInstanceOf(DatabaseException.class);
      assertThat(otherProcess(file)).isEqualTo(1);
    }
  }

  @Test
  void anotherProcessGetsItOnceItIsGivenBack() throws Exception {
    Path file = directory.resolve("tollgate.db.lock");
    ServerLock.acquire(file, "tollgate.db").close();
    assertThat(otherProcess(file)).isZero();
  }
}
