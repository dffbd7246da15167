package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a model costs and how much it takes, as the list of models says. The list shows the cheapest
 * provider, so a cost that the upstream itself names always goes before this.
 *
 * @param prompt dollars per token, zero or more
 * @param completion likewise
 * @param request dollars per request, zero or more
 * @param cacheRead dollars per token of the prompt that is read from a cache, for people: what is
 *     held and computed takes every token for a new one; null: the list does not say
 * @param maxCompletionTokens the most it writes; {@link #UNKNOWN} if the list does not say
 * @param contextLength the most it reads and writes together; likewise
 */
public record ModelPrice(
    BigDecimal prompt,
    BigDecimal completion,
    BigDecimal request,
    @Nullable BigDecimal cacheRead,
    long maxCompletionTokens,
    long contextLength) {
  /** In place of a limit that is not known. */
  public static final long UNKNOWN = -1;

  /** The most tokens that an answer can have; {@link #UNKNOWN} if the list says nothing of it. */
  long ceiling() {
    return maxCompletionTokens == UNKNOWN ? contextLength : maxCompletionTokens;
  }

  /** What is at least as dear, and as roomy, as both. */
  ModelPrice max(ModelPrice other) {
    return new ModelPrice(
        prompt.max(other.prompt),
        completion.max(other.completion),
        request.max(other.request),
        cacheRead == null || other.cacheRead == null ? null : cacheRead.max(other.cacheRead),
        larger(maxCompletionTokens, other.maxCompletionTokens),
        larger(contextLength, other.contextLength));
  }

  private static long larger(long one, long other) {
    return one == UNKNOWN || other == UNKNOWN ? UNKNOWN : Math.max(one, other);
  }
}
