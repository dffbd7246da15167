package dev.tollgate.gateway.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A query string, parsed from its raw form (WHATWG URL 5.1): {@code &} separates parameters, {@code
 * +} is a space and escapes are UTF-8. Decoding is strict: a value that does not decode counts as
 * empty. The servlet API's parameters are not used, because reading them may consume a form body.
 * Immutable.
 */
public final class RawQuery {
  private final List<Parameter> parameters;

  private RawQuery(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  /**
   * Parses a query.
   *
   * @param raw the query without its {@code ?}; null: none
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
   * The values of {@code name}, in order. A value that does not decode is an empty element. The
   * list is empty if the parameter is absent.
   */
  public List<Optional<String>> values(String name) {
    return parameters.stream()
        .filter(parameter -> parameter.isNamed(name))
        .map(Parameter::value)
        .toList();
  }

  /** The raw text of all parameters except {@code name}; empty if none is left. */
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
   * Whether every name decodes and every parameter except {@code exempt} has a value that decodes
   * and holds only a query's characters (RFC 3986 3.4). Brackets are accepted too, because many
   * clients do not encode them.
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
