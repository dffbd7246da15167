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
 * Where the database is, and who logs in to it. A user and a password in the URL's query are taken
 * out of it, so that {@link #url} can be shown.
 *
 * @param url the JDBC URL of a SQLite file, which is made if it does not exist, in a directory that
 *     must, or of a PostgreSQL database, which must exist
 * @param user null: what the driver takes; SQLite has no users
 * @param password null: none is sent
 */
public record DatabaseOptions(String url, @Nullable String user, @Nullable Secret password) {
  private static final String SQLITE = "jdbc:sqlite:";
  private static final Pattern POSTGRES =
      Pattern.compile("jdbc:postgresql:(?://([^/?@\\s]*)/)?([^/?@\\s]+)(?:\\?(\\S*))?");

  /**
   * @throws IllegalArgumentException if the URL names neither a SQLite file nor a PostgreSQL
   *     database
   */
  public DatabaseOptions {
    Matcher postgres = POSTGRES.matcher(url);
    if (postgres.matches()) {
      List<String> others = new ArrayList<>();
      for (String parameter : Optional.ofNullable(postgres.group(3)).orElse("").split("&", -1)) {
        // As the driver reads them: what is said of it elsewhere comes second.
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
   * Reads a JDBC URL.
   *
   * @throws IllegalArgumentException if it names neither a SQLite file nor a PostgreSQL database
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
      throw new IllegalArgumentException("the URL of no SQLite file and no PostgreSQL database");
    }
    return Path.of(path);
  }

  /**
   * The same database for this user; what the URL itself says of user and password stays.
   *
   * @param user null: as before
   * @param password null: as before
   */
  public DatabaseOptions withLogin(@Nullable String user, @Nullable Secret password) {
    return new DatabaseOptions(
        url,
        this.user == null ? user : this.user,
        this.password == null ? password : this.password);
  }

  /** The file of a SQLite database; a database on a server has none. */
  public Optional<Path> file() {
    return url.startsWith(SQLITE) ? Optional.of(sqliteFile(url)) : Optional.empty();
  }

  /** What a message calls the database: its absolute file, or server and name. */
  String name() {
    Matcher postgres = POSTGRES.matcher(url);
    if (!postgres.matches()) {
      return sqliteFile(url).toAbsolutePath().toString();
    }
    String server = postgres.group(1);
    return (server == null || server.isEmpty() ? "localhost" : server) + "/" + postgres.group(2);
  }

  /**
   * The file of this name beside the database's, whichever links lead there: what belongs to one
   * database must not be found twice. A database on a server has nothing beside it.
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
      // Its directory does not exist; opening the file will fail with the reason.
    }
    return real.resolveSibling(real.getFileName() + suffix);
  }

  /** Without the URL's query, which may hold further secrets of the driver's. */
  @Override
  public String toString() {
    return "DatabaseOptions[" + name() + "]";
  }
}
