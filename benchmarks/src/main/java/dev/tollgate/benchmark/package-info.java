/**
 * Measures relays from outside: what one costs in CPU time, delay and memory, side by side with
 * others in the same run. Each of them, and the upstream they share, is a process of its own; the
 * load comes from this one.
 */
@NullMarked
package dev.tollgate.benchmark;

import org.jspecify.annotations.NullMarked;
