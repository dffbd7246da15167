package dev.tollgate.gateway.meter;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The usage that an upstream states for an answer.
 *
 * @param cost the total cost; with {@code byok}, includes the cost on the customer's own provider
 *     key
 * @param byok whether the answer was made with the customer's own provider key
 * @param fields all members, including those of earlier usages of the same answer; empty:
 *     unreadable
 */
record Usage(Cost cost, boolean byok, Optional<UsageFields> fields) {
  /**
   * Reads a {@code usage} object of any protocol. Bytes that are not a JSON object become a usage
   * with an unreadable cost.
   *
   * @param cap in dollars; a cost above it is absurd
   */
  static Usage of(byte[] json, int offset, int length, BigDecimal cap) {
    Optional<UsageFields> read = UsageFields.read(json, offset, length);
    if (read.isEmpty()) {
      int few = Math.min(length, Cost.LITERAL_CHARACTERS);
      String text = new String(json, offset, few, StandardCharsets.UTF_8);
      return new Usage(Cost.unreadable(text), false, read);
    }
    UsageFields fields = read.get();
    return new Usage(
        cost(fields, "", "cost", "cost_details.upstream_inference_cost", cap),
        isByok(fields, ""),
        read);
  }

  private static boolean isByok(UsageFields fields, String at) {
    return fields.find(at + "is_byok").filter(UsageFields.Field::isTrue).isPresent();
  }

  /**
   * Reads a cost.
   *
   * @param at the path of the object with the cost: empty, or a path that ends with a dot
   * @param upstreamCost the path of the additional cost on the customer's own provider key
   */
  static Cost cost(
      UsageFields fields, String at, String path, String upstreamCost, BigDecimal cap) {
    Cost cost = amount(fields, at + path, cap);
    if (cost instanceof Cost.Missing) {
      cost =
          fields
              .find(at + "cost_in_usd_ticks")
              .filter(UsageFields.Field::isNumber)
              .map(ticks -> Cost.ofTicks(ticks.text(), cap))
              .orElse(cost);
    }
    return isByok(fields, at)
        ? cost.plusUpstream(amount(fields, at + upstreamCost, cap), cap)
        : cost;
  }

  /** A cost is a number, or an object with {@code total_cost} or {@code usd}. */
  private static Cost amount(UsageFields fields, String path, BigDecimal cap) {
    UsageFields.Field field = fields.find(path).orElse(null);
    if (field == null) {
      return Cost.none();
    }
    if (field.isNumber()) {
      return Cost.of(field.text(), cap);
    }
    UsageFields.Field amount =
        fields.find(path + ".total_cost").or(() -> fields.find(path + ".usd")).orElse(field);
    return field.isObject() && amount.isNumber()
        ? Cost.of(amount.text(), cap).withLiteral(field.text())
        : Cost.unreadable(field.text());
  }

  /**
   * Merges this usage with an earlier one of the same answer. The cost of this usage counts; token
   * counts that only the earlier usage states are kept. A messages stream states its prompt at the
   * start and the rest at the end. A usage of zeros changes nothing.
   */
  Usage after(@Nullable Usage earlier) {
    if (earlier == null || earlier.fields.isEmpty()) {
      return this;
    }
    if (fields.isEmpty()) {
      return new Usage(cost, byok, earlier.fields);
    }
    if (fields.get().isAllZero()) {
      return earlier;
    }
    return new Usage(cost, byok, fields.map(these -> these.after(earlier.fields.get())));
  }

  /** The consumption in the normal form. */
  Consumption consumption(RequestKind kind, long promptEstimate) {
    return fields
        .map(known -> Consumption.of(known, kind, promptEstimate))
        .orElse(Consumption.NONE);
  }
}
