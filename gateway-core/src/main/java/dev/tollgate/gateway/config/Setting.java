package dev.tollgate.gateway.config;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One setting: its name, default, allowed values and meaning. Immutable. */
public final class Setting<T> {
  private static final int MAX_SHOWN_CHARACTERS = 80;
  // A rejected URL may contain a password in any form, for instance with a slash or an at sign.
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

  /** The name of the property, such as {@code tollgate.http.port}. */
  public String name() {
    return name;
  }

  /**
   * The name of the environment variable: the property's name in upper case, with {@code _} for
   * dots and dashes.
   */
  public String variable() {
    return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The default, as text; null: the setting has no default. */
  public @Nullable String defaultText() {
    return defaultText;
  }

  /** The allowed values, in words. */
  public String allowed() {
    return type.allowed();
  }

  /** The effect of the setting, in one phrase. */
  public String meaning() {
    return meaning;
  }

  /** Whether messages must not quote the value. */
  boolean isSecret() {
    return type.hidden();
  }

  /**
   * Parses a value.
   *
   * @param source the name of the property or variable, for the message
   * @throws ConfigException if the text is not allowed
   */
  T parse(String source, String text) {
    try {
      return type.parser().apply(text);
    } catch (IllegalArgumentException e) {
      String value = isSecret() ? text.length() + " characters" : "'" + shown(text) + "'";
      // Drop the cause: its message may quote the value.
      throw new ConfigException(source + " is invalid: " + value + "; allowed: " + type.allowed());
    }
  }

  /** The operator's text as one short line, for a message, with logins in URLs masked. */
  static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    line = LOGIN.matcher(line).replaceAll("//***@");
    line = PASSWORD.matcher(line).replaceAll("$1***");
    return line.length() > MAX_SHOWN_CHARACTERS
        ? line.substring(0, MAX_SHOWN_CHARACTERS) + "..."
        : line;
  }
}
