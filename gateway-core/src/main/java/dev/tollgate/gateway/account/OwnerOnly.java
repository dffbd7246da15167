package dev.tollgate.gateway.account;

import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

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
}
