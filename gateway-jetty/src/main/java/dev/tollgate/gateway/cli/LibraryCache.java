package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.UserPrincipal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * Cache folder for SQLite's native library. The driver unpacks the library at each start under a
 * new name, and deletes it when the JVM exits. A JVM that is killed, or halts as {@code serve}
 * does, leaves 1.1 MB in the temporary folder.
 *
 * <p>Only the standalone jar uses the cache. An embedded gateway and the WAR share the driver and
 * the system properties with an application. That application decides where its libraries are
 * unpacked, by {@code org.sqlite.lib.path} or {@code org.sqlite.tmpdir}.
 *
 * <p>A library is code, so it is loaded only if no other user can have written it. The library and
 * its folder belong to this user, others can write neither that folder nor its parents, and the
 * content is the driver's. Otherwise the driver unpacks the library itself.
 */
final class LibraryCache {
  private static final Logger LOG = System.getLogger(LibraryCache.class.getName());
  private static final String PATH = "org.sqlite.lib.path";
  private static final String NAME = "org.sqlite.lib.name";
  private static final String TEMPORARY = "org.sqlite.tmpdir";
  private static final int OTHERS_WRITE = 0022;
  private static final int STICKY = 01000;

  private final Path folder;

  /**
   * @param folder created when needed
   */
  LibraryCache(Path folder) {
    this.folder = folder;
  }

  /**
   * Loads the library from the user's cache folder, unless a system property of the driver names
   * another place. Call it before the driver is used; after the driver is loaded, a call has no
   * effect.
   */
  static void load() {
    if (System.getProperty(PATH) != null
        || System.getProperty(NAME) != null
        || System.getProperty(TEMPORARY) != null) {
      return;
    }
    folderOfUser(System.getenv(), System.getProperty("user.home"))
        .flatMap(folder -> new LibraryCache(folder).library())
        .ifPresent(LibraryCache::load);
  }

  private static void load(Path library) {
    // The driver reads these properties only while it loads.
    System.setProperty(PATH, Objects.requireNonNull(library.getParent()).toString());
    System.setProperty(NAME, library.getFileName().toString());
    try {
      // If the system refuses to load the file, the driver unpacks its own.
      var unused = SQLiteJDBCLoader.initialize();
    } catch (Exception e) {
      // Opening the database will fail for the same reason and report it.
      LOG.log(Level.DEBUG, "loading {0}: {1}", library, e.toString());
    } finally {
      System.clearProperty(PATH);
      System.clearProperty(NAME);
    }
  }

  /**
   * The cache folder of the XDG Base Directory Specification, which says to ignore a relative path.
   */
  static Optional<Path> folderOfUser(Map<String, String> environment, String home) {
    Path caches = Path.of(environment.getOrDefault("XDG_CACHE_HOME", ""));
    if (!caches.isAbsolute()) {
      caches = Path.of(home, ".cache");
    }
    return caches.isAbsolute() ? Optional.of(caches.resolve("tollgate")) : Optional.empty();
  }

  /**
   * The library in the folder, written there if needed; empty if no library there can be trusted.
   */
  Optional<Path> library() {
    String name = LibraryLoaderUtil.getNativeLibName();
    String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
    // Windows lacks these permissions, but does not need the cache: there the driver deletes old
    // copies.
    if (!folder.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      return Optional.empty();
    }
    try (InputStream packed = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (packed == null) {
        return Optional.empty();
      }
      byte[] content = packed.readAllBytes();
      Files.createDirectories(folder, OwnerOnly.executable(folder));
      Path real = folder.toRealPath();
      UserPrincipal user =
          real.getFileSystem()
              .getUserPrincipalLookupService()
              .lookupPrincipalByName(System.getProperty("user.name"));
      requireOutOfReach(real, user);
      // Named by its hash: the jar does not state the driver's version, and processors differ.
      Path library = real.resolve(sha256(content) + "-" + name);
      if (!holds(library, content, user)) {
        write(library, content);
      }
      // On Linux this is also false if the file system is mounted noexec.
      return Files.isExecutable(library) ? Optional.of(library) : Optional.empty();
    } catch (IOException | UnsupportedOperationException e) {
      LOG.log(Level.DEBUG, "no library in {0}: {1}", folder, e.toString());
      return Optional.empty();
    }
  }

  /**
   * Throws if another user can write the folder or one of its parents. Such a user could replace
   * the folder after this check.
   */
  private static void requireOutOfReach(Path folder, UserPrincipal user) throws IOException {
    for (Path at = folder; at != null; at = at.getParent()) {
      boolean own = Files.getOwner(at).equals(user);
      boolean roots = at != folder && Integer.valueOf(0).equals(Files.getAttribute(at, "unix:uid"));
      int mode = (Integer) Files.getAttribute(at, "unix:mode");
      // In a sticky folder such as /tmp, only the owner of an entry can replace the entry.
      boolean closed = (mode & OTHERS_WRITE) == 0 || (at != folder && (mode & STICKY) != 0);
      if (!closed || !(own || roots)) {
        throw new IOException("other users can write " + at);
      }
    }
  }

  private static boolean holds(Path library, byte[] content, UserPrincipal user)
      throws IOException {
    if (!Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    int mode = (Integer) Files.getAttribute(library, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return Files.getOwner(library).equals(user)
        && (mode & OTHERS_WRITE) == 0
        && Files.size(library) == content.length
        && Arrays.equals(Files.readAllBytes(library), content);
  }

  /**
   * Writes the library atomically. A concurrent process replaces the file with an identical one.
   */
  private void write(Path library, byte[] content) throws IOException {
    Path made =
        Files.createTempFile(library.getParent(), "new-", ".tmp", OwnerOnly.executable(library));
    try {
      Files.write(made, content);
      Files.move(made, library, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(made);
    }
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
