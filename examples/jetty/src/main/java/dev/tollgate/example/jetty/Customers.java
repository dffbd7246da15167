package dev.tollgate.example.jetty;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

// docs: key-store
/** The application's customers and their keys, where it keeps them anyway; here in memory. */
final class Customers implements KeyStore {
  /** A customer is a project of the gateway, and logs in with a password. */
  record Customer(Project project, String password) {}

  private final Map<String, Customer> customers = new LinkedHashMap<>(); // by the project's id
  private final Map<KeyFingerprint, ApiKey> keys = new HashMap<>();
  private long changes;

  @Override
  public synchronized Optional<Principal> find(KeyFingerprint fingerprint) {
    return Optional.ofNullable(keys.get(fingerprint))
        .map(key -> new Principal(customer(key.projectId()).orElseThrow().project(), key));
  }

  @Override
  public synchronized Optional<Project> findProject(String name) {
    return customers.values().stream()
        .map(Customer::project)
        .filter(project -> project.name().equals(name))
        .findFirst();
  }

  /** Asked several times a second: what the gateway remembers is good until this is another. */
  @Override
  public synchronized long changeCounter() {
    return changes;
  }

  /** Adds a customer, or writes down what has changed of one. */
  synchronized void put(Customer customer) {
    customers.put(customer.project().id(), customer);
    changes++;
  }

  /** Adds a key, or writes down what has changed of one. */
  synchronized void putKey(KeyFingerprint fingerprint, ApiKey key) {
    keys.put(fingerprint, key);
    changes++;
  }

  // end

  synchronized Optional<Customer> customer(String id) {
    return Optional.ofNullable(customers.get(id));
  }

  synchronized List<Customer> all() {
    return new ArrayList<>(customers.values());
  }

  synchronized Map<KeyFingerprint, ApiKey> keys() {
    return new HashMap<>(keys);
  }

  /** Who logs in with this name and password. */
  synchronized Optional<Customer> login(String name, String password) {
    return findProject(name)
        .flatMap(project -> customer(project.id()))
        .filter(customer -> MessageDigest.isEqual(bytes(customer.password()), bytes(password)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
