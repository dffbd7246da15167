package dev.tollgate.gateway.relay;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.jspecify.annotations.Nullable;

/**
 * The body of the upstream's answer. It signals the call when it has content that was demanded; so
 * one phase may demand what another one reads. Read by the mailbox of the {@link Call}.
 */
final class AnswerBody {
  private final Content.Source source;
  private final Invocable.Task onContent;
  // Reset by the source, on any thread.
  private volatile boolean demanded;
  // Negative: only the end will tell, or there was more than was declared.
  private long bytesLeft;
  private boolean atLength;
  private boolean whole;

  /**
   * @param length the declared one; -1: none
   */
  AnswerBody(Call call, Content.Source source, long length) {
    this.source = source;
    this.bytesLeft = length;
    this.onContent =
        Invocable.from(
            InvocationType.NON_BLOCKING,
            () -> {
              demanded = false;
              call.signal();
            });
  }

  /** Whether the source has been asked, and has not signalled yet; then nothing can be read. */
  boolean isDemanded() {
    return demanded;
  }

  /** Null: nothing is here now. */
  Content.@Nullable Chunk read() {
    Content.Chunk chunk = source.read();
    if (chunk != null && !Content.Chunk.isFailure(chunk)) {
      int bytes = chunk.remaining();
      atLength = bytesLeft >= 0 && bytes >= bytesLeft;
      bytesLeft -= bytes;
      whole |= atLength || chunk.isLast();
    }
    return chunk;
  }

  /** Whether the last chunk reached the declared length. */
  boolean isAtLength() {
    return atLength;
  }

  /** Whether all of it was read. What comes behind that, such as a failure, concerns nobody. */
  boolean isWhole() {
    return whole;
  }

  /** Asks for a signal once there is more. Only where {@link #read} has returned null. */
  void demand() {
    demanded = true;
    source.demand(onContent);
  }
}
