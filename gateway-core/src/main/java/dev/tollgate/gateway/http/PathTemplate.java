package dev.tollgate.gateway.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A path with parameters in braces, such as {@code {name}}. All other characters match exactly.
 * Immutable.
 */
public final class PathTemplate {
  private static final Pattern BRACES = Pattern.compile("\\{(\\w+)}");

  private final List<String> names;
  private final Pattern pattern;

  /**
   * @param text a template such as {@code /projects/{name}}
   * @param parameter matches the value of a parameter; must not contain groups
   */
  PathTemplate(String text, Pattern parameter) {
    this.names = BRACES.matcher(text).results().map(braces -> braces.group(1)).toList();
    this.pattern =
        Pattern.compile(
            Stream.of(BRACES.split(text, -1))
                .map(Pattern::quote)
                .collect(Collectors.joining("(" + parameter + ")")));
  }

  /** The number of parameters. */
  int parameters() {
    return names.size();
  }

  /** The values of a path's parameters by name; empty if the path does not match. */
  Optional<Map<String, String>> match(String path) {
    Matcher found = pattern.matcher(path);
    if (!found.matches()) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      values.put(names.get(i), found.group(i + 1));
    }
    return Optional.of(values);
  }

  /** Fills in the given parameters. Other parameters stay in braces. */
  public static String fill(String text, Map<String, String> values) {
    return BRACES
        .matcher(text)
        .replaceAll(
            braces ->
                Matcher.quoteReplacement(values.getOrDefault(braces.group(1), braces.group())));
  }
}
