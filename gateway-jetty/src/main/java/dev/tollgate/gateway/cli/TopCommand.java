package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.ReportFields;
import dev.tollgate.gateway.config.Durations;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "top",
    description = {
      "Show who spends right now: what each project was charged in the last minutes, and what it"
          + " holds. The highest charge comes first."
    })
final class TopCommand implements Runnable {
  @ParentCommand private Main main;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      defaultValue = "5m",
      description = "How far to look back: " + Durations.FORM + ". Default: 5m.")
  private String since;

  @Override
  public void run() {
    Duration span = Main.read("--since", since, Durations::parse);
    main.printAll(admin -> admin.top(span), ReportFields::activity);
  }
}
