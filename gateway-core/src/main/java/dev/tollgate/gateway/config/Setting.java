package dev.tollgate.gateway.config;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One setting: name, default, allowed values and meaning. Immutable. */
public final class Setting<T> {
  private static final int MAX_SHOWN_CHARACTERS = 80;
  // A refused URL may hold a password in any spelling, with a slash or an at sign in it, say.
  private static final Pattern LOGIN = Pattern.compile("(?s)//.*@");
  private static final Pattern PASSWORD = Pattern.compile("(?i)(password=)[^&]*");

  private final String name;
  private final @Nullable String defaultText;
  private final ValueType<T> type;
  private final String meaning;

  Setting(String name, ValueType<T> type, @Nullable String defaultText, String meaning) {
    this.name = name;
    this.type = type;
    this.defaultText = defaultText;
    this.meaning = meaning;
  }

  /** The property, such as {@code tollgate.http.port}. */
  public String name() {
    return name;
  }

  /** The environment variable: the property in upper case, with {@code _} for dots and dashes. */
  public String variable() {
    return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The text that counts when no source has the setting; null: no value. */
  public @Nullable String defaultText() {
    return defaultText;
  }

  /** Which values are allowed, in words. */
  public String allowed() {
    return type.allowed();
  }

  /** What the setting does, in one phrase. */
  public String meaning() {
    return meaning;
  }

  /** Whether messages must not repeat the value. */
  boolean isSecret() {
    return type.hidden();
  }

  /**
   * Reads a value.
   *
   * @param source the property or the variable that has the text, for the message
   * @throws ConfigException if the text is not allowed
   */
  T parse(String source, String text) {
    try {
      return type.parser().apply(text);
    } catch (IllegalArgumentException e) {
      String value = isSecret() ? text.length() + " characters" : "'" + shown(text) + "'";
      // Without the cause, whose message may repeat the value.
      throw new ConfigException(source + " is invalid: " + value + "; allowed: " + type.allowed());
    }
  }

  /** Text of an operator, for one line of a message; without logins in URLs. */
  static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    line = LOGIN.matcher(line).replaceAll("//***@");
    line = PASSWORD.matcher(line).replaceAll("$1***");
    return line.length() > MAX_SHOWN_CHARACTERS
        ? line.substring(0, MAX_SHOWN_CHARACTERS) + "..."
        : line;
  }
}
