package dev.tollgate.example.extension;

import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.ForwardingLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Settled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A line for each charge: the request's id and what it was charged, in USD. */
final class ChargeFile implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 5;

  private final Path path;
  // The ledger's own threads must not wait for a disk.
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(task -> new Thread(task, "charge-file"));

  ChargeFile(Path path) {
    this.path = path;
  }

  /** The same books, and a line for each charge. */
  Ledger around(Ledger books) {
    return new ForwardingLedger(books) {
      @Override
      public CompletionStage<Settled> capture(Capture capture) {
        return super.capture(capture)
            .thenApply(
                settled -> {
                  if (settled == Settled.DONE) {
                    writer.execute(() -> write(capture));
                  }
                  return settled;
                });
      }
    };
  }

  private void write(Capture capture) {
    try {
      var unused =
          Files.writeString(
              path,
              capture.holdId() + "," + capture.charge() + "\n",
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Called when the gateway has closed, so that the last charges are in. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      var unused = writer.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
