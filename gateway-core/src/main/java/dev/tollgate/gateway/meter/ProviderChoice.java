package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The providers that a request allows for a model. An empty list or a null price excludes none.
 *
 * @param only the providers that may answer
 * @param ignore the providers that may not answer
 * @param order the providers that may answer if {@code allow_fallbacks} is false; empty if
 *     fallbacks are allowed, because then the order excludes no provider
 * @param maxPrompt the highest price of a prompt, in dollars per token
 * @param maxCompletion the highest price of a completion, in dollars per token
 * @param maxRequest the highest price of a request, in dollars
 */
public record ProviderChoice(
    List<String> only,
    List<String> ignore,
    List<String> order,
    @Nullable BigDecimal maxPrompt,
    @Nullable BigDecimal maxCompletion,
    @Nullable BigDecimal maxRequest) {
  /** Allows every provider. */
  public static final ProviderChoice ANY =
      new ProviderChoice(List.of(), List.of(), List.of(), null, null, null);

  /** Copies the lists. */
  public ProviderChoice {
    only = List.copyOf(only);
    ignore = List.copyOf(ignore);
    order = List.copyOf(order);
  }
}
