package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.ledger.Money;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "project",
    description = "Create, show, configure, disable, enable, archive and erase projects.")
final class ProjectCommand {
  @ParentCommand private Main main;

  @Command(description = "Create a project and its first API key. The key is shown only once.")
  void create(
      @Parameters(paramLabel = "NAME", description = "1 to 100 letters, digits, '.', '-' or '_'.")
          String name,
      @Option(
              names = "--balance",
              paramLabel = "USD",
              defaultValue = "0",
              description = "The first credit, such as 5.00.")
          String balance,
      @Option(
              names = "--display-name",
              paramLabel = "TEXT",
              defaultValue = "",
              description = "A name for people, at most 100 characters.")
          String displayName,
      @Option(
              names = "--upstream-key-file",
              paramLabel = "FILE",
              description =
                  "File with the project's own upstream key; - for standard input. Without it"
                      + " the project uses the operator's default key.")
          @Nullable String upstreamKeyFile) {
    Money money = Main.read("--balance", balance, Money::parse);
    Secret upstreamKey =
        upstreamKeyFile == null ? null : SecretFile.read(upstreamKeyFile, "upstream key");
    main.printFromNew(
        admin ->
            Fields.newProject(name, admin.createProject(name, displayName, money, upstreamKey)));
  }

  @Command(description = "List all projects.")
  void list() {
    main.printAll(AdminService::listProjects, Fields::project);
  }

  @Command(description = "Show a project.")
  void show(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    main.print(admin -> Fields.project(admin.showProject(name)));
  }

  @Command(
      description = {
        "Change a project's display name, markup, upstream key and limits, from the next request"
            + " on. Settings that are not given keep their values."
      })
  void configure(
      @Parameters(paramLabel = "NAME", description = "The project.") String name,
      @Option(
              names = "--display-name",
              paramLabel = "TEXT",
              description = "A name for people, at most 100 characters; '' for none.")
          @Nullable String displayName,
      @Option(
              names = "--markup",
              paramLabel = "PERCENT",
              description = "Markup on the upstream's cost, such as 10%%.")
          @Nullable String markup,
      @ArgGroup UpstreamOptions upstream,
      @Mixin LimitOptions.OfProject limits) {
    LimitsChange change = limits.change();
    if (displayName == null && markup == null && upstream == null && !change.isMade()) {
      throw new CliException(
          "nothing to configure: an option is missing (see tollgate project configure --help)");
    }
    ProjectChange configured =
        new ProjectChange(
            displayName,
            markup == null ? null : Main.read("--markup", markup, Markup::parse),
            upstream == null ? null : upstream.access(),
            change);
    printAfter(name, admin -> admin.configure(name, configured));
  }

  /** Mutually exclusive options for the upstream key. */
  static final class UpstreamOptions {
    @Option(
        names = "--upstream-key-file",
        paramLabel = "FILE",
        description = "File with the project's own upstream key; - for standard input.")
    private @Nullable String keyFile;

    @Option(names = "--default-upstream", description = "Use the operator's default key again.")
    private boolean useDefault;

    @Option(
        names = "--no-upstream",
        description = "Use no upstream key: the project's calls are refused.")
    private boolean none;

    UpstreamAccess access() {
      if (keyFile != null) {
        return UpstreamAccess.own(SecretFile.read(keyFile, "upstream key"));
      }
      if (useDefault == none) {
        throw new IllegalStateException("one of them was given");
      }
      return none ? UpstreamAccess.NONE : UpstreamAccess.DEFAULT;
    }
  }

  @Command(description = "Refuse all calls of a project from now on.")
  void disable(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    setEnabled(name, false);
  }

  @Command(description = "Accept the calls of a disabled project again.")
  void enable(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    setEnabled(name, true);
  }

  @Command(
      description = {
        "Retire a project: its calls are refused, and its ledger stays. Nothing is deleted."
      })
  void archive(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    printAfter(name, admin -> admin.setArchived(name, true));
  }

  @Command(description = "Take an archived project into use again, and accept its calls.")
  void unarchive(@Parameters(paramLabel = "NAME", description = "The project.") String name) {
    printAfter(name, admin -> admin.setArchived(name, false));
  }

  @Command(
      description = {
        "Remove what is personal from an archived project: its name and display name, the names and"
            + " metadata of its keys, notes, end users, and addresses in the audit log. Amounts,"
            + " times and ids stay. Its keys are revoked, and it gets a new name.",
        "This cannot be undone. It is refused while the project has open or pending requests."
      })
  void erase(
      @Parameters(paramLabel = "NAME", description = "The archived project.") String name,
      @Option(names = "--yes", description = "Confirm. Without it, nothing is erased.")
          boolean confirmed) {
    if (!confirmed) {
      throw new CliException(
          "erasing project " + name + " cannot be undone; add --yes to erase it");
    }
    main.print(admin -> Fields.erased(admin.eraseProject(name)));
  }

  private void setEnabled(String name, boolean enabled) {
    printAfter(name, admin -> admin.setEnabled(name, enabled));
  }

  /** Prints a project after a change. */
  private void printAfter(String name, Consumer<AdminService> change) {
    main.print(
        admin -> {
          change.accept(admin);
          return Fields.project(admin.showProject(name));
        });
  }
}
