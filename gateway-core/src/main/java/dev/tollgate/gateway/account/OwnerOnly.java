package dev.tollgate.gateway.account;

import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that nobody but their owner may read. Stateless. */
public final class OwnerOnly {
  private static final FileAttribute<?>[] POSIX = {
    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
  };

  private OwnerOnly() {}

  /** What to make {@code file} with; nothing where its file system knows no such permissions. */
  public static FileAttribute<?>[] attributes(Path file) {
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix ? POSIX.clone() : new FileAttribute<?>[0];
  }
}
