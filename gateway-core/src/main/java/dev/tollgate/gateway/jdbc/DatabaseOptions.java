package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Secret;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The location of the database and the login. A user and a password in the query of the URL are
 * moved out of it, so that {@link #url} can be shown.
 *
 * @param url the JDBC URL of a SQLite file or of a PostgreSQL database. A SQLite file is created if
 *     it does not exist, but its directory must exist; a PostgreSQL database must exist
 * @param user null: the driver's default; SQLite has no users
 * @param password null: none is sent
 */
public record DatabaseOptions(String url, @Nullable String user, @Nullable Secret password) {
  private static final String SQLITE = "jdbc:sqlite:";
  private static final Pattern POSTGRES =
      Pattern.compile("jdbc:postgresql:(?://([^/?@\\s]*)/)?([^/?@\\s]+)(?:\\?(\\S*))?");

  /**
   * @throws IllegalArgumentException if the URL is for neither a SQLite file nor a PostgreSQL
   *     database
   */
  public DatabaseOptions {
    Matcher postgres = POSTGRES.matcher(url);
    if (postgres.matches()) {
      List<String> others = new ArrayList<>();
      for (String parameter : Optional.ofNullable(postgres.group(3)).orElse("").split("&", -1)) {
        // As in the driver, the URL takes precedence over the other arguments.
        if (parameter.startsWith("user=")) {
          user = value(parameter);
        } else if (parameter.startsWith("password=")) {
          password = Secret.of(value(parameter));
        } else if (!parameter.isEmpty()) {
          others.add(parameter);
        }
      }
      String bare = postgres.group(3) == null ? url : url.substring(0, url.indexOf('?'));
      url = others.isEmpty() ? bare : bare + "?" + String.join("&", others);
    } else {
      sqliteFile(url);
    }
  }

  /** The database in a SQLite file. */
  public DatabaseOptions(Path file) {
    this(SQLITE + file, null, null);
  }

  /**
   * Parses a JDBC URL.
   *
   * @throws IllegalArgumentException if the URL is for neither a SQLite file nor a PostgreSQL
   *     database
   */
  public static DatabaseOptions parse(String url) {
    return new DatabaseOptions(url, null, null);
  }

  private static String value(String parameter) {
    return URLDecoder.decode(
        parameter.substring(parameter.indexOf('=') + 1), StandardCharsets.UTF_8);
  }

  private static Path sqliteFile(String url) {
    String path = url.startsWith(SQLITE) ? url.substring(SQLITE.length()) : "";
    if (path.isBlank() || path.startsWith(":") || path.startsWith("file:") || path.contains("?")) {
      throw new IllegalArgumentException(
          "the URL must be jdbc:sqlite:FILE or jdbc:postgresql://HOST/DATABASE");
    }
    return Path.of(path);
  }

  /**
   * The same database with a login. A user or a password from the URL takes precedence.
   *
   * @param user null: unchanged
   * @param password null: unchanged
   */
  public DatabaseOptions withLogin(@Nullable String user, @Nullable Secret password) {
    return new DatabaseOptions(
        url,
        this.user == null ? user : this.user,
        this.password == null ? password : this.password);
  }

  /** The file of a SQLite database; empty for a database on a server. */
  public Optional<Path> file() {
    return url.startsWith(SQLITE) ? Optional.of(sqliteFile(url)) : Optional.empty();
  }

  /** The durability of holds if none is chosen. */
  public HoldDurability holdDurability() {
    return file().isPresent() ? HoldDurability.PROCESS : HoldDurability.POWER;
  }

  /** The name in messages: the absolute file, or server and database name. */
  String name() {
    Matcher postgres = POSTGRES.matcher(url);
    if (!postgres.matches()) {
      return sqliteFile(url).toAbsolutePath().toString();
    }
    String server = postgres.group(1);
    return (server == null || server.isEmpty() ? "localhost" : server) + "/" + postgres.group(2);
  }

  /**
   * The path of the database file with a suffix; empty for a database on a server. Links are
   * resolved, so that all paths to one database lead to the same files next to it.
   */
  Optional<Path> beside(String suffix) {
    return file().map(file -> beside(file.toAbsolutePath(), suffix));
  }

  private static Path beside(Path file, String suffix) {
    Path real = file;
    Path directory = real.getParent();
    try {
      if (Files.exists(real)) {
        real = real.toRealPath();
      } else if (directory != null) {
        real = directory.toRealPath().resolve(real.getFileName());
      }
    } catch (IOException e) {
      // The directory does not exist; opening the file will fail with the reason.
    }
    return real.resolveSibling(real.getFileName() + suffix);
  }

  /** Omits the query of the URL, which may hold other secrets of the driver. */
  @Override
  public String toString() {
    return "DatabaseOptions[" + name() + "]";
  }
}
