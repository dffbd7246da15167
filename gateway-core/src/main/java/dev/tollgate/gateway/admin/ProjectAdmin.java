package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyMint;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.admin.AdminService.Account;
import dev.tollgate.gateway.admin.AuditTrail.Action;
import dev.tollgate.gateway.ledger.Money;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The use cases of {@link AdminService} that create and change projects. */
final class ProjectAdmin {
  private final AdminContext context;
  private final KeyAdmin store;
  private final KeyMint mint;
  private final ProjectKeys keys;
  private final CreditAdmin credits;

  ProjectAdmin(AdminContext context, KeyMint mint, ProjectKeys keys, CreditAdmin credits) {
    this.context = context;
    this.store = context.stores().keys();
    this.mint = mint;
    this.keys = keys;
    this.credits = credits;
  }

  Minted create(String name, String displayName, Money balance, @Nullable Secret upstreamKey) {
    Project project = newProject(name, displayName, upstreamKey);
    if (balance.isNegative()) {
      throw new AdminException("the balance is " + balance + " USD, but must not be negative");
    }
    return context.inTransaction(
        () -> {
          if (!store.insertProject(project)) {
            throw AdminException.conflict("project " + name + " already exists");
          }
          Fields detail = new Fields().add("project_name", name);
          addUpstream(detail, project.upstream());
          context.audit().write(Action.PROJECT_CREATE, project.id(), "", detail);
          Minted key = keys.create(project.id(), KeySpec.INFERENCE);
          if (balance.isPositive()) {
            credits.book(project, balance, null, "first balance", null);
          }
          return key;
        });
  }

  private Project newProject(String name, String displayName, @Nullable Secret upstreamKey) {
    return AdminException.checked(
        () -> {
          Project.requireValidName(name);
          return new Project(
              mint.mintProjectId(),
              name,
              displayName,
              true,
              null,
              Markup.NONE,
              Limits.NONE,
              upstreamKey == null ? UpstreamAccess.DEFAULT : UpstreamAccess.own(upstreamKey),
              context.clock().instant());
        });
  }

  /** Adds the kind of upstream key, never the key itself. */
  private static void addUpstream(Fields detail, UpstreamAccess upstream) {
    detail.add("upstream_key", upstream.kind() == UpstreamAccess.Kind.OWN ? "set" : "cleared");
    if (upstream.kind() == UpstreamAccess.Kind.NONE) {
      detail.add("upstream", upstream.kind());
    }
  }

  List<Account> list() {
    return store.listProjects().stream().map(this::account).toList();
  }

  Account show(String name) {
    return account(context.project(name));
  }

  private Account account(Project project) {
    return new Account(project, context.stores().ledger().balance(project.id()));
  }

  void setEnabled(String name, boolean enabled) {
    var unused =
        context.change(
            name,
            project -> {
              if (enabled && project.archivedAt() != null) {
                throw AdminException.conflict(
                    "project " + name + " is archived; unarchive it first");
              }
              if (project.enabled() != enabled) {
                update(
                    project.withEnabled(enabled),
                    enabled ? Action.PROJECT_ENABLE : Action.PROJECT_DISABLE);
              }
              return project;
            });
  }

  void setArchived(String name, boolean archived) {
    var unused =
        context.change(
            name,
            project -> {
              if ((project.archivedAt() != null) != archived) {
                update(
                    archived ? project.archived(context.now()) : project.unarchived(),
                    archived ? Action.PROJECT_ARCHIVE : Action.PROJECT_UNARCHIVE);
              }
              return project;
            });
  }

  private void update(Project changed, Action action) {
    store.updateProject(changed);
    context.audit().write(action, changed.id(), "", new Fields());
  }

  void configure(String name, ProjectChange change) {
    var unused =
        context.change(
            name,
            project -> {
              Project changed = change.after(project);
              store.updateProject(changed);
              Fields detail = new Fields();
              if (change.displayName() != null) {
                detail.add("display_name", changed.displayName());
              }
              if (change.markup() != null) {
                detail.add("markup", changed.markup());
              }
              if (change.upstream() != null) {
                addUpstream(detail, changed.upstream());
              }
              detail.add(changed(change.limits()), changed.limits());
              context.audit().write(Action.PROJECT_CONFIGURE, project.id(), "", detail);
              return changed;
            });
  }

  /** The changed limits, in the order in which they are shown. */
  private static List<Limit<?>> changed(LimitsChange change) {
    return Limit.OF_PROJECT.stream().filter(change.limits()::contains).toList();
  }

  int sealAnew() {
    return context.inTransaction(
        () -> {
          int sealed = store.sealAnew();
          context
              .audit()
              .write(Action.MASTER_KEY_ROTATE, null, "", new Fields().add("upstream_keys", sealed));
          return sealed;
        });
  }
}
