package dev.tollgate.gateway.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code traceparent} header (W3C Trace Context, 3.2), as far as a log line needs it. */
public final class TraceParent {
  /** The form of version 00; a later one may have more behind it. */
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?");

  private static final String CURRENT = "00";
  private static final String INVALID = "ff";
  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_PARENT = "0".repeat(16);

  private TraceParent() {}

  /**
   * The trace that a request belongs to.
   *
   * @param header the header's value; null: there is none
   * @return 32 hexadecimal digits; null: none, or the header is not valid
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
