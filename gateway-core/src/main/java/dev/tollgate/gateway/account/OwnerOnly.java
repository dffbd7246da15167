package dev.tollgate.gateway.account;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/** File permissions that restrict files and folders to their owner. Stateless. */
public final class OwnerOnly {
  private static final FileAttribute<?> DATA = permissions("rw-------");
  private static final FileAttribute<?> EXECUTABLE = permissions("rwx------");

  private OwnerOnly() {}

  private static FileAttribute<?> permissions(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  /**
   * The attributes to create {@code file} with; empty if its file system has no POSIX permissions.
   */
  public static FileAttribute<?>[] attributes(Path file) {
    return attributes(file, DATA);
  }

  /** The same for a folder, which must be searchable, or for a file that holds code. */
  public static FileAttribute<?>[] executable(Path file) {
    return attributes(file, EXECUTABLE);
  }

  private static FileAttribute<?>[] attributes(Path file, FileAttribute<?> permissions) {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix ? new FileAttribute<?>[] {permissions} : new FileAttribute<?>[0];
  }

  /**
   * Whether users other than the owner can read a file.
   *
   * @return the permissions, such as {@code rw-r--r--}, if other users can read the file; empty if
   *     they cannot, if the file does not exist, or if its file system has no POSIX permissions
   */
  public static Optional<String> readableByOthers(Path file) {
    return readable(file, Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ));
  }

  /** The same, but of users who are not in the file's group. */
  public static Optional<String> readableByAll(Path file) {
    return readable(file, Set.of(PosixFilePermission.OTHERS_READ));
  }

  private static Optional<String> readable(Path file, Set<PosixFilePermission> by) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      return Collections.disjoint(permissions, by)
          ? Optional.empty()
          : Optional.of(PosixFilePermissions.toString(permissions));
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }
}
