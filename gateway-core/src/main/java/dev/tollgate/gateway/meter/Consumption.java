package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Tokens;

/**
 * The consumption of an answer, in one normal form for all protocols and dialects.
 *
 * <pre>
 *   input        prompt_tokens                          OpenAI: includes cached tokens
 *                input_tokens                           responses: includes cached tokens
 *                input_tokens + cache_read_input_tokens + cache_creation_input_tokens
 *                                                       Anthropic: excludes cached tokens
 *   cached       *_tokens_details.cached_tokens | cache_read_input_tokens
 *                | prompt_cache_hit_tokens (DeepSeek) | cached_tokens (Moonshot)
 *   cacheWrite   *_tokens_details.cache_write_tokens | cache_creation_input_tokens
 *   output       completion_tokens | output_tokens, plus reasoning if it is not included;
 *                total_tokens minus input if that is more
 *   reasoning    *_tokens_details.reasoning_tokens | reasoning_tokens
 *   iterations[] (Anthropic, after a compaction) are summed; the sum counts if it is larger
 * </pre>
 *
 * @param tokens input and output with their parts
 * @param audioInput the part of the input that was sound; zero or more
 * @param webSearches the number of searches that the upstream made; zero or more
 */
record Consumption(Tokens tokens, long audioInput, long webSearches) {
  /** No consumption was stated. */
  static final Consumption NONE = new Consumption(Tokens.NONE, 0, 0);

  /**
   * Reads the normal form.
   *
   * @param promptEstimate splits {@code total_tokens} into input and output if the usage states
   *     neither
   */
  static Consumption of(UsageFields usage, RequestKind kind, long promptEstimate) {
    Tokens all = tokens(usage, "", kind, promptEstimate);
    int iterations = usage.size("iterations").orElse(0);
    Tokens summed = Tokens.NONE;
    for (int i = 0; i < iterations; i++) {
      summed = summed.plus(tokens(usage, "iterations[" + i + "].", kind, promptEstimate));
    }
    return new Consumption(
        iterations == 0 ? all : larger(summed, all),
        known(
            usage.count("prompt_tokens_details.audio_tokens", "input_tokens_details.audio_tokens")),
        known(
            usage.count(
                "server_tool_use.web_search_requests",
                "server_tool_use_details.web_search_requests",
                "num_search_queries")));
  }

  /**
   * Picks the larger of two counts, separately for input and output. At the end of an answer, its
   * own counts cover only the last iteration. In a stream, they may include more than the
   * iterations stated at its start.
   */
  private static Tokens larger(Tokens summed, Tokens all) {
    boolean inputs = summed.input() >= all.input();
    boolean outputs = summed.output() >= all.output();
    return new Tokens(
        inputs ? summed.input() : all.input(),
        inputs ? summed.cached() : all.cached(),
        inputs ? summed.cacheWrite() : all.cacheWrite(),
        outputs ? summed.output() : all.output(),
        outputs ? summed.reasoning() : all.reasoning());
  }

  /** Reads the tokens of a usage object, or of a part of it. */
  private static Tokens tokens(
      UsageFields usage, String at, RequestKind kind, long promptEstimate) {
    long total = usage.count(at + "total_tokens");
    long cached =
        usage.count(
            at + "prompt_tokens_details.cached_tokens",
            at + "input_tokens_details.cached_tokens",
            at + "cache_read_input_tokens",
            at + "prompt_cache_hit_tokens",
            at + "cached_tokens");
    long cacheWrite =
        usage.count(
            at + "prompt_tokens_details.cache_write_tokens",
            at + "input_tokens_details.cache_write_tokens",
            at + "cache_creation_input_tokens");
    long reasoning =
        usage.count(
            at + "completion_tokens_details.reasoning_tokens",
            at + "output_tokens_details.reasoning_tokens",
            at + "reasoning_tokens");
    long input = input(usage, at, known(cached) + known(cacheWrite));
    long output = usage.count(at + "completion_tokens", at + "output_tokens");
    boolean totalTells = input >= 0 && total - input >= known(output);
    if (reasoning > known(output) && !totalTells) {
      // A part cannot be larger than the whole, so this upstream counts reasoning separately.
      output = known(output) + reasoning;
    }
    if (kind == RequestKind.EMBEDDING) {
      return new Tokens(input <= 0 ? total : input, cached, cacheWrite, known(output), reasoning);
    }
    if (total > 0 && input < 0) {
      input = output < 0 ? Math.min(total, promptEstimate) : Math.max(0, total - output);
    }
    if (total > 0 && total - input > known(output)) {
      output = total - input;
    } else if (total > 0 && output < 0) {
      output = 0;
    }
    return new Tokens(input, cached, cacheWrite, output, reasoning);
  }

  private static long input(UsageFields usage, String at, long cachedAndWritten) {
    long prompt = usage.count(at + "prompt_tokens");
    long input = prompt < 0 ? usage.count(at + "input_tokens") : prompt;
    boolean detailed = usage.count(at + "input_tokens_details.cached_tokens") >= 0;
    long beside =
        known(usage.count(at + "cache_read_input_tokens"))
            + known(usage.count(at + "cache_creation_input_tokens"));
    if (input >= 0 && prompt < 0 && !detailed && beside > 0) {
      return input + beside;
    }
    return input >= 0 && cachedAndWritten > input ? input + cachedAndWritten : input;
  }

  private static long known(long count) {
    return Math.max(0, count);
  }

  /** Whether the usage states the tokens of the whole answer. */
  boolean isNamed() {
    return tokens.input() >= 0 && tokens.output() >= 0 && tokens.input() + tokens.output() > 0;
  }
}
