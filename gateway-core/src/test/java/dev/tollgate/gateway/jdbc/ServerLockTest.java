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
      try (ServerLock lock = ServerLock.acquire(new DatabaseOptions(Path.of(arguments[0])))) {
        System.exit(lock == null ? 2 : 0);
      } catch (DatabaseException e) {
        System.exit(1);
      }
    }
  }

  private int otherProcess(DatabaseOptions options) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                options.file().toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void anotherProcessIsKeptOffEvenAfterThisOneTriedTwice() throws Exception {
    DatabaseOptions options = new DatabaseOptions(directory.resolve("tollgate.db"));
    try (ServerLock first = ServerLock.acquire(options)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> ServerLock.acquire(options)).isInstanceOf(DatabaseException.class);
      assertThat(otherProcess(options)).isEqualTo(1);
    }
  }

  @Test
  void anotherProcessGetsItOnceItIsGivenBack() throws Exception {
    DatabaseOptions options = new DatabaseOptions(directory.resolve("tollgate.db"));
    ServerLock.acquire(options).close();
    assertThat(otherProcess(options)).isZero();
  }
}
