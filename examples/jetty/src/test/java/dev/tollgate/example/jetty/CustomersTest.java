package dev.tollgate.example.jetty;

import dev.tollgate.example.jetty.Customers.Customer;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStoreContract;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

class CustomersTest extends KeyStoreContract {
  @Override
  protected Sides freshStore() {
    Customers customers = new Customers();
    return new Sides(customers, new BackOffice(customers));
  }

  /** How the application's own people change what is there. */
  private record BackOffice(Customers customers) implements KeyAdmin {
    @Override
    public boolean insertProject(Project project) {
      boolean isNew = findProject(project.name()).isEmpty();
      if (isNew) {
        customers.put(new Customer(project, "x"));
      }
      return isNew;
    }

    @Override
    public Optional<Project> findProject(String name) {
      return customers.findProject(name);
    }

    @Override
    public List<Project> listProjects() {
      return customers.all().stream()
          .map(Customer::project)
          .sorted(Comparator.comparing(Project::name))
          .toList();
    }

    private void change(String projectId, UnaryOperator<Project> change) {
      customers
          .customer(projectId)
          .ifPresent(
              old -> customers.put(new Customer(change.apply(old.project()), old.password())));
    }

    @Override
    public void setEnabled(String projectId, boolean enabled) {
      change(
          projectId,
          p -> new Project(p.id(), p.name(), enabled, p.upstreamKey(), p.markup(), p.createdAt()));
    }

    @Override
    public void setMarkup(String projectId, Markup markup) {
      change(
          projectId,
          p -> new Project(p.id(), p.name(), p.enabled(), p.upstreamKey(), markup, p.createdAt()));
    }

    @Override
    public void setUpstreamKey(String projectId, Secret key) {
      change(
          projectId,
          p -> new Project(p.id(), p.name(), p.enabled(), key, p.markup(), p.createdAt()));
    }

    @Override
    public boolean insertKey(ApiKey key, KeyFingerprint fingerprint) {
      boolean isNew = customers.keys().values().stream().noneMatch(k -> k.id().equals(key.id()));
      if (isNew) {
        customers.putKey(fingerprint, key);
      }
      return isNew;
    }

    @Override
    public List<ApiKey> listKeys(String projectId) {
      return customers.keys().values().stream()
          .filter(key -> key.projectId().equals(projectId))
          .sorted(Comparator.comparing(ApiKey::createdAt))
          .toList();
    }

    @Override
    public boolean revokeKey(String projectId, String keyId, Instant at) {
      for (Map.Entry<KeyFingerprint, ApiKey> entry : customers.keys().entrySet()) {
        ApiKey key = entry.getValue();
        if (key.id().equals(keyId) && key.projectId().equals(projectId)) {
          if (key.revokedAt() == null) {
            customers.putKey(
                entry.getKey(),
                new ApiKey(key.id(), projectId, key.createdAt(), key.expiresAt(), at));
          }
          return true;
        }
      }
      return false;
    }
  }
}
