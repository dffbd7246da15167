package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.Fields;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "audit", description = "List who changed what, newest first.")
final class AuditCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Only of this project.")
  private @Nullable String name;

  @Mixin private final ListOptions list = new ListOptions();

  @Override
  public void run() {
    main.printAll(admin -> admin.audit(name, list.limit), Fields::audited);
  }
}
