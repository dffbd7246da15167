package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * The prices of a model's parts, in dollars. Each is zero or more, or null if the list has none.
 * The methods named {@code of...} return the price to use, also if it is missing.
 *
 * @param input per input token
 * @param cached per input token read from a cache
 * @param cacheWrite per input token written to a cache
 * @param output per output token
 * @param reasoning per reasoning token
 * @param audio per input token of sound
 * @param image per input picture
 * @param webSearch per web search
 * @param request per request
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
  /** Prices with only a price for cache writes. */
  static Prices ofCacheWrite(BigDecimal cacheWrite) {
    return new Prices(null, null, cacheWrite, null, null, null, null, null, null);
  }

  /** These prices, with missing ones taken from {@code base}. */
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

  /** The higher price of the two, for each part separately. */
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

  /** The price of an input token. */
  public BigDecimal ofInput() {
    return orZero(input);
  }

  /** The price of a cached token; the input price if there is no separate price. */
  BigDecimal ofCached() {
    return cached == null ? ofInput() : cached;
  }

  /** The price of a token written to a cache; the input price if there is no separate price. */
  BigDecimal ofCacheWrite() {
    return cacheWrite == null ? ofInput() : cacheWrite;
  }

  /** The price of a sound token; the input price if there is no separate price. */
  BigDecimal ofAudio() {
    return audio == null ? ofInput() : audio;
  }

  /** The price of an output token. */
  public BigDecimal ofOutput() {
    return orZero(output);
  }

  /** The price of a reasoning token. Lists write 0 if the output price includes reasoning. */
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
