package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parser for untrusted decimal numbers. {@link BigDecimal} parses {@code 1e999999999} quickly, but
 * arithmetic with the result takes a gigabyte. Numbers from this parser therefore have at most
 * {@value #DIGITS} decimals, and are at most 10^{@value #DIGITS}.
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
   * Parses a number. Digits after the last allowed decimal are rounded away from zero. A later
   * rounding up to fewer decimals gives the same result as with the exact number. A number larger
   * than 10^{@value #DIGITS} becomes 10^{@value #DIGITS}. Empty: {@code literal} is not a decimal
   * number.
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

  /**
   * The exponent, or zero if there is none. A long exponent becomes a value that no mantissa can
   * offset.
   */
  private static long exponent(@Nullable String sign, @Nullable String digits) {
    if (sign == null || digits == null) {
      return 0;
    }
    String significant = digits.replaceFirst("^0+(?=.)", "");
    long size = significant.length() > 9 ? 1_000_000_000L : Long.parseLong(significant);
    return sign.equals("-") ? -size : size;
  }
}
