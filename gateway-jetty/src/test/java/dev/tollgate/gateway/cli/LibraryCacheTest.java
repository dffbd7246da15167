package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryCacheTest {
  @TempDir Path directory;
  private Path folder;
  private LibraryCache cache;

  @BeforeEach
  void makeCache() {
    assumeTrue(directory.getFileSystem().supportedFileAttributeViews().contains("unix"));
    folder = directory.resolve("caches").resolve("tollgate");
    cache = new LibraryCache(folder);
  }

  private static void permit(Path file, String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void theLibraryAndItsFoldersAreTheOwnersAlone() throws Exception {
    Path library = cache.library().orElseThrow();

    assertThat(library.getParent()).isEqualTo(folder.toRealPath());
    assertThat(permissions(library)).isEqualTo("rwx------");
    assertThat(permissions(folder)).isEqualTo("rwx------");
    assertThat(permissions(folder.getParent())).isEqualTo("rwx------");
  }

  @Test
  void theSecondTimeTheLibraryIsNotWrittenAgain() throws Exception {
    Object first = Files.getAttribute(cache.library().orElseThrow(), "unix:ino");

    assertThat(Files.getAttribute(cache.library().orElseThrow(), "unix:ino")).isEqualTo(first);
  }

  @Test
  void aLibraryOfOtherContentIsReplaced() throws Exception {
    Path library = cache.library().orElseThrow();
    byte[] content = Files.readAllBytes(library);
    byte[] changed = content.clone();
    changed[changed.length / 2] ^= 1;
    Files.write(library, changed);

    assertThat(cache.library()).contains(library);
    assertThat(Files.readAllBytes(library)).isEqualTo(content);
  }

  @Test
  void aLinkInThePlaceOfTheLibraryIsReplaced() throws Exception {
    Path library = cache.library().orElseThrow();
    Path elsewhere = Files.move(library, directory.resolve("elsewhere"));
    Files.createSymbolicLink(library, elsewhere);

    assertThat(cache.library()).contains(library);
    assertThat(Files.isSymbolicLink(library)).isFalse();
  }

  @Test
  void aLibraryThatOthersCanWriteIsReplaced() throws Exception {
    Path library = cache.library().orElseThrow();
    permit(library, "rwxrwxrwx");

    assertThat(cache.library()).contains(library);
    assertThat(permissions(library)).isEqualTo("rwx------");
  }

  @Test
  void aFolderThatOthersCanWriteIsNotUsed() throws Exception {
    Files.createDirectories(folder);
    permit(folder, "rwxrwxrwx");

    assertThat(cache.library()).isEmpty();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aFolderBelowOneThatOthersCanWriteIsNotUsed() throws Exception {
    Files.createDirectories(folder);
    permit(folder.getParent(), "rwxrwxr-x");

    assertThat(cache.library()).isEmpty();
  }

  @Test
  void aFolderThatCannotBeMadeIsNotUsed() throws Exception {
    Files.createFile(folder.getParent());

    assertThat(cache.library()).isEmpty();
  }

  @Test
  void theFolderIsThatOfTheEnvironmentOrElseInTheHome() {
    assertThat(LibraryCache.folderOfUser(Map.of("XDG_CACHE_HOME", "/var/cache"), "/home/a"))
        .contains(Path.of("/var/cache/tollgate"));
    assertThat(LibraryCache.folderOfUser(Map.of(), "/home/a"))
        .contains(Path.of("/home/a/.cache/tollgate"));
    assertThat(LibraryCache.folderOfUser(Map.of("XDG_CACHE_HOME", "here"), "/home/a"))
        .contains(Path.of("/home/a/.cache/tollgate"));
    assertThat(LibraryCache.folderOfUser(Map.of(), "?")).isEmpty();
  }
}
