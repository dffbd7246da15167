package dev.tollgate.gateway.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A query string read from its raw form (WHATWG URL 5.1: {@code &} separates, {@code +} is a space,
 * escapes are UTF-8), strictly: what does not decode has no value. The servlet API's parameters are
 * not used because reading them may consume a form body. Immutable.
 */
public final class RawQuery {
  private final List<Parameter> parameters;

  private RawQuery(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  /**
   * @param raw the query without its {@code ?}, or null for none
   */
  public static RawQuery parse(@Nullable String raw) {
    List<Parameter> parameters = new ArrayList<>();
    if (raw != null) {
      for (String part : raw.split("&", -1)) {
        if (!part.isEmpty()) {
          int equals = part.indexOf('=');
          String name = equals < 0 ? part : part.substring(0, equals);
          String value = equals < 0 ? "" : part.substring(equals + 1);
          parameters.add(new Parameter(part, decode(name), decode(value)));
        }
      }
    }
    return new RawQuery(parameters);
  }

  /**
   * The values given for {@code name}, in order; empty where one does not decode. No element: the
   * parameter is absent.
   */
  public List<Optional<String>> values(String name) {
    return parameters.stream()
        .filter(parameter -> parameter.isNamed(name))
        .map(Parameter::value)
        .toList();
  }

  /** The raw text of all parameters but those named {@code name}; empty if none is left. */
  public String without(String name) {
    List<String> rest = new ArrayList<>();
    for (Parameter parameter : parameters) {
      if (!parameter.isNamed(name)) {
        rest.add(parameter.raw());
      }
    }
    return String.join("&", rest);
  }

  /**
   * Whether every part but the values of {@code exempt} decodes and holds the characters of a query
   * only (RFC 3986 3.4, and brackets, which many clients leave as they are).
   */
  public boolean isWellFormedExcept(String exempt) {
    for (Parameter parameter : parameters) {
      if (parameter.name().isEmpty()) {
        return false;
      }
      if (!parameter.isNamed(exempt)
          && (parameter.value().isEmpty()
              || !parameter.raw().chars().allMatch(RawQuery::isOfQuery))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isOfQuery(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "-._~!$&'()*+,;=:@/?%[]".indexOf(c) >= 0;
  }

  private static Optional<String> decode(String text) {
    return PercentEncoding.decode(text.replace('+', ' '));
  }

  private record Parameter(String raw, Optional<String> name, Optional<String> value) {
    boolean isNamed(String other) {
      return name.isPresent() && name.get().equals(other);
    }
  }
}
