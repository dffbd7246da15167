package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.config.Durations;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "usage", description = "Show a project's usage by model.")
final class UsageCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(paramLabel = "NAME", description = "The project.")
  private String name;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      defaultValue = "7d",
      description = "How far to look back: " + Durations.FORM + ". Default: 7d.")
  private String since;

  @Override
  public void run() {
    Duration span = Main.read("--since", since, Durations::parse);
    main.print(admin -> Fields.usage(name, admin.usage(name, span)));
  }
}
