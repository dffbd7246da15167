package dev.tollgate.gateway.jdbc;

/**
 * What a hold survives once its request may be sent upstream. A charge always survives a power
 * failure before the client sees the end of its response.
 */
public enum HoldDurability {
  /**
   * The end of the process, also by {@code kill -9} or for lack of memory. A power failure or a
   * crash of the kernel may lose the holds of the last moments, and then the upstream's cost of
   * these requests is not charged. Only a SQLite database offers this mode.
   */
  PROCESS,
  /** A power failure, too. Each hold then waits for the disk. */
  POWER
}
