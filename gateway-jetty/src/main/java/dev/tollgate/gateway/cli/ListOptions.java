package dev.tollgate.gateway.cli;

import picocli.CommandLine.Option;

/** Options of commands that list something. */
final class ListOptions {
  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      defaultValue = "50",
      description = "Maximum number of rows. Default: 50.")
  int limit;
}
