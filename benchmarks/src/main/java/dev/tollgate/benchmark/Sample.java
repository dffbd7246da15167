package dev.tollgate.benchmark;

import java.util.Map;

/**
 * One measurement.
 *
 * @param target whose
 * @param round which turn; what is in one round was measured within seconds
 * @param values by column
 * @param errors must be 0
 * @param firstError empty: there was none
 */
record Sample(
    Measure measure,
    String target,
    int round,
    Map<Column, Double> values,
    long errors,
    String firstError) {

  Sample {
    values = Map.copyOf(values);
  }
}
