package dev.tollgate.gateway.failure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The row of docs/failures.md that a test proves: its first two cells, as {@code when: what}. On a
 * class: the heading above the rows of its tests.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@interface Row {
  String value();
}
