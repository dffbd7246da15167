package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.Fields;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "audit", description = "List who changed what, newest first.")
final class AuditCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Only of this project.")
  private @Nullable String name;

  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      defaultValue = "50",
      description = "So many at most. Default: 50.")
  private int limit;

  @Override
  public void run() {
    Main.withAdmin(
        admin ->
            main.output().print(admin.audit(name, limit).stream().map(Fields::audited).toList()));
  }
}
