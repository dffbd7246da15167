package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The names that a usage report shows for the ids of the ledger. For one thread. */
final class UsageLabels {
  private final AdminContext context;
  private final Map<String, String> projects;

  // By project id, then by key id.
  private final Map<String, Map<String, String>> keys = new HashMap<>();

  UsageLabels(AdminContext context) {
    this.context = context;
    this.projects = context.projectNames();
  }

  /** The labels of a row, in the order in which they are shown. */
  Map<String, String> of(Usage row) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (Dimension dimension : Dimension.values()) {
      String value = row.of().get(dimension);
      if (value == null) {
        continue;
      }
      switch (dimension) {
        case PROJECT -> labels.put("project_name", projects.getOrDefault(value, value));
        case KEY -> {
          labels.put("key_id", value);
          labels.put("key_name", keyName(row.of().getOrDefault(Dimension.PROJECT, ""), value));
        }
        case MODEL, DAY -> labels.put(dimension.toString(), value);
      }
    }
    return labels;
  }

  private String keyName(String projectId, String keyId) {
    return keys.computeIfAbsent(projectId, this::keyNames).getOrDefault(keyId, "");
  }

  private Map<String, String> keyNames(String projectId) {
    return context.stores().keys().listKeys(projectId).stream()
        .collect(Collectors.toMap(ApiKey::id, key -> key.settings().name()));
  }
}
