package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decimal numbers that strangers wrote. {@link BigDecimal} reads {@code 1e999999999} in no time and
 * then takes a gigabyte to work with it, so what comes from here has at most {@value #DIGITS}
 * digits before and behind the point.
 */
final class Decimal {
  private static final int DIGITS = 30;
  private static final int LONGEST_MANTISSA = 1000;
  private static final Pattern NUMBER =
      Pattern.compile("([+-]?)([0-9]++(?:\\.[0-9]*+)?+|\\.[0-9]++)(?:[eE]([+-]?)([0-9]++))?+");

  private static final BigDecimal TINY = BigDecimal.ONE.scaleByPowerOfTen(-DIGITS);
  private static final BigDecimal HUGE = BigDecimal.ONE.scaleByPowerOfTen(DIGITS);

  private Decimal() {}

  /**
   * The number {@code literal} says: exactly, or away from zero to the last of the decimals, which
   * no rounding up to fewer decimals can tell from the exact one. What is larger than 10^{@value
   * #DIGITS} is that. Empty: no decimal number.
   */
  static Optional<BigDecimal> read(String literal) {
    Matcher parts = NUMBER.matcher(literal);
    if (!parts.matches()) {
      return Optional.empty();
    }
    boolean negative = parts.group(1).equals("-");
    String mantissa = parts.group(2);
    if (mantissa.length() > LONGEST_MANTISSA) {
      return Optional.of(signed(HUGE, negative));
    }
    BigDecimal value = new BigDecimal(mantissa);
    if (value.signum() == 0) {
      return Optional.of(BigDecimal.ZERO);
    }
    long exponent = exponent(parts.group(3), parts.group(4));
    long magnitude = exponent + value.precision() - value.scale() - 1;
    if (magnitude >= DIGITS) {
      return Optional.of(signed(HUGE, negative));
    }
    if (magnitude < -DIGITS) {
      return Optional.of(signed(TINY, negative));
    }
    BigDecimal scaled = value.scaleByPowerOfTen((int) exponent);
    if (scaled.scale() > DIGITS) {
      scaled = scaled.setScale(DIGITS, RoundingMode.UP);
    }
    return Optional.of(signed(scaled, negative));
  }

  private static BigDecimal signed(BigDecimal value, boolean negative) {
    return negative ? value.negate() : value;
  }

  /** Zero for none; far outside any mantissa's reach for one that is long. */
  private static long exponent(@Nullable String sign, @Nullable String digits) {
    if (sign == null || digits == null) {
      return 0;
    }
    String significant = digits.replaceFirst("^0+(?=.)", "");
    long size = significant.length() > 9 ? 1_000_000_000L : Long.parseLong(significant);
    return sign.equals("-") ? -size : size;
  }
}
