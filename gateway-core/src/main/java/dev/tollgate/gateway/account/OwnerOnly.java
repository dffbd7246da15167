package dev.tollgate.gateway.account;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** Permissions of files and folders that only their owner may use. Stateless. */
public final class OwnerOnly {
  private static final FileAttribute<?> DATA = permissions("rw-------");
  private static final FileAttribute<?> EXECUTABLE = permissions("rwx------");

  private OwnerOnly() {}

  private static FileAttribute<?> permissions(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  /** What to make {@code file} with; nothing where its file system knows no such permissions. */
  public static FileAttribute<?>[] attributes(Path file) {
    return attributes(file, DATA);
  }

  /** The same for a folder, which must be searched, or for a file that holds code. */
  public static FileAttribute<?>[] executable(Path file) {
    return attributes(file, EXECUTABLE);
  }

  private static FileAttribute<?>[] attributes(Path file, FileAttribute<?> permissions) {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix ? new FileAttribute<?>[] {permissions} : new FileAttribute<?>[0];
  }

  /**
   * Whether others than its owner can read a file.
   *
   * @return its permissions, as {@code rw-r--r--}, if they can; empty also where there is no such
   *     file or its file system knows no such permissions
   */
  public static Optional<String> readableByOthers(Path file) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      return permissions.contains(PosixFilePermission.GROUP_READ)
              || permissions.contains(PosixFilePermission.OTHERS_READ)
          ? Optional.of(PosixFilePermissions.toString(permissions))
          : Optional.empty();
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }
}
