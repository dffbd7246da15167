package dev.tollgate.example.jetty;

import dev.tollgate.example.jetty.Customers.Customer;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.KeyStoreContract;
import dev.tollgate.gateway.account.Project;
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

    @Override
    public boolean lockProject(String projectId) {
      return customers.customer(projectId).isPresent();
    }

    @Override
    public void updateProject(Project project) {
      customers
          .customer(project.id())
          .ifPresent(old -> customers.put(new Customer(project, old.password())));
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

    private boolean changeKey(String projectId, String keyId, UnaryOperator<ApiKey> change) {
      for (Map.Entry<KeyFingerprint, ApiKey> entry : customers.keys().entrySet()) {
        ApiKey key = entry.getValue();
        if (key.id().equals(keyId) && key.projectId().equals(projectId)) {
          customers.putKey(entry.getKey(), change.apply(key));
          return true;
        }
      }
      return false;
    }

    private static ApiKey changed(ApiKey key, Instant end, Instant revoked, KeySettings settings) {
      return new ApiKey(
          key.id(),
          key.projectId(),
          key.createdAt(),
          end,
          revoked,
          key.kind(),
          key.selfMade(),
          settings);
    }

    @Override
    public boolean setKey(String projectId, String keyId, KeySettings settings) {
      return changeKey(
          projectId, keyId, key -> changed(key, key.expiresAt(), key.revokedAt(), settings));
    }

    @Override
    public boolean setKeyExpiry(String projectId, String keyId, Instant at) {
      return changeKey(
          projectId,
          keyId,
          key -> {
            Instant end = key.expiresAt();
            return changed(
                key, end == null || at.isBefore(end) ? at : end, key.revokedAt(), key.settings());
          });
    }

    @Override
    public boolean revokeKey(String projectId, String keyId, Instant at) {
      return changeKey(
          projectId,
          keyId,
          key ->
              changed(
                  key,
                  key.expiresAt(),
                  key.revokedAt() == null ? at : key.revokedAt(),
                  key.settings()));
    }
  }
}
