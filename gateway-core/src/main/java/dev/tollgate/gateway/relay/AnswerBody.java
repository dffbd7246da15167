package dev.tollgate.gateway.relay;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.jspecify.annotations.Nullable;

/**
 * Body of the upstream's answer. It signals the call when demanded content arrives. The demand and
 * the read may come from different phases. Owned by the mailbox of the {@link Call}.
 */
final class AnswerBody {
  private final Content.Source source;
  private final Invocable.Task onContent;
  // Reset by the source, on any thread.
  private volatile boolean demanded;
  // Negative: the length is unknown, or the body is longer than declared.
  private long bytesLeft;
  private boolean atLength;
  private boolean whole;

  /**
   * @param length the declared length; -1: none is declared
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

  /**
   * Whether content was demanded and the source has not signalled yet. Nothing can be read then.
   */
  boolean isDemanded() {
    return demanded;
  }

  /** The next chunk; null if none is available now. */
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

  /** Whether the whole body was read. A later failure is ignored. */
  boolean isWhole() {
    return whole;
  }

  /**
   * Asks for a signal when there is more content. Call it only after {@link #read} returned null.
   */
  void demand() {
    demanded = true;
    source.demand(onContent);
  }
}
