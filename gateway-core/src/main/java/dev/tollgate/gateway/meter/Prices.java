package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * Prices of a model's parts, in dollars, each zero or more or null where a list has none. The
 * methods named {@code of...} give the price that counts where one is missing.
 *
 * @param input a token of the input
 * @param cached a token of the input that was read from a cache
 * @param cacheWrite a token of the input that was written to a cache
 * @param output a token of the output
 * @param reasoning a token of reasoning
 * @param audio a token of sound in the input
 * @param image a picture of the input
 * @param webSearch a web search
 * @param request a request
 */
public record Prices(
    @Nullable BigDecimal input,
    @Nullable BigDecimal cached,
    @Nullable BigDecimal cacheWrite,
    @Nullable BigDecimal output,
    @Nullable BigDecimal reasoning,
    @Nullable BigDecimal audio,
    @Nullable BigDecimal image,
    @Nullable BigDecimal webSearch,
    @Nullable BigDecimal request) {
  /** A price of cache writes alone. */
  static Prices ofCacheWrite(BigDecimal cacheWrite) {
    return new Prices(null, null, cacheWrite, null, null, null, null, null, null);
  }

  /** These prices, and where one is missing the one of {@code base}. */
  Prices over(Prices base) {
    return new Prices(
        first(input, base.input),
        first(cached, base.cached),
        first(cacheWrite, base.cacheWrite),
        first(output, base.output),
        first(reasoning, base.reasoning),
        first(audio, base.audio),
        first(image, base.image),
        first(webSearch, base.webSearch),
        first(request, base.request));
  }

  /** For each part the higher of the prices that count. */
  Prices max(Prices other) {
    return new Prices(
        ofInput().max(other.ofInput()),
        ofCached().max(other.ofCached()),
        ofCacheWrite().max(other.ofCacheWrite()),
        ofOutput().max(other.ofOutput()),
        ofReasoning().max(other.ofReasoning()),
        ofAudio().max(other.ofAudio()),
        ofImage().max(other.ofImage()),
        ofWebSearch().max(other.ofWebSearch()),
        ofRequest().max(other.ofRequest()));
  }

  /** The price of a token of the input. */
  public BigDecimal ofInput() {
    return orZero(input);
  }

  /** Without a price of its own a cached token costs as much as any other. */
  BigDecimal ofCached() {
    return cached == null ? ofInput() : cached;
  }

  /** Without a price of its own a token written to a cache costs as much as any other. */
  BigDecimal ofCacheWrite() {
    return cacheWrite == null ? ofInput() : cacheWrite;
  }

  /** Without a price of its own sound costs as much as text. */
  BigDecimal ofAudio() {
    return audio == null ? ofInput() : audio;
  }

  /** The price of a token of the output. */
  public BigDecimal ofOutput() {
    return orZero(output);
  }

  /** Lists write a reasoning price of 0 where reasoning is in the output price. */
  BigDecimal ofReasoning() {
    return reasoning == null || reasoning.signum() == 0 ? ofOutput() : reasoning;
  }

  BigDecimal ofImage() {
    return orZero(image);
  }

  BigDecimal ofWebSearch() {
    return orZero(webSearch);
  }

  BigDecimal ofRequest() {
    return orZero(request);
  }

  /** Whether every part is free. */
  boolean isFree() {
    return ofInput().signum() == 0
        && ofCached().signum() == 0
        && ofCacheWrite().signum() == 0
        && ofAudio().signum() == 0
        && ofOutput().signum() == 0
        && ofReasoning().signum() == 0
        && ofImage().signum() == 0
        && ofWebSearch().signum() == 0
        && ofRequest().signum() == 0;
  }

  private static @Nullable BigDecimal first(@Nullable BigDecimal one, @Nullable BigDecimal other) {
    return one == null ? other : one;
  }

  private static BigDecimal orZero(@Nullable BigDecimal price) {
    return price == null ? BigDecimal.ZERO : price;
  }
}
