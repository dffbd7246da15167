package dev.tollgate.gateway.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the trace id from the {@code traceparent} header (W3C Trace Context, 3.2). */
public final class TraceParent {
  /** The form of version 00. Later versions may append fields. */
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?");

  private static final String CURRENT = "00";
  private static final String INVALID = "ff";
  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_PARENT = "0".repeat(16);

  private TraceParent() {}

  /**
   * The id of the request's trace.
   *
   * @param header the header's value; null: there is none
   * @return 32 hexadecimal digits; null if there is no valid header
   */
  public static @Nullable String traceId(@Nullable String header) {
    if (header == null) {
      return null;
    }
    Matcher form = FORM.matcher(header.strip());
    if (!form.matches()
        || form.group(1).equals(INVALID)
        || (form.group(1).equals(CURRENT) && form.group(4) != null)
        || form.group(2).equals(NO_TRACE)
        || form.group(3).equals(NO_PARENT)) {
      return null;
    }
    return form.group(2);
  }
}
