package dev.tollgate.gateway.account;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
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
