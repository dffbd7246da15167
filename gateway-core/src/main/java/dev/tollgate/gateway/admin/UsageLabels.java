package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The names that a usage report shows for the ids of the ledger. For one thread. */
final class UsageLabels {
  private static final String KEY_NAME = "key_name";

  private final AdminContext context;
  private final Map<String, String> projects;

  // By project id, then by key id.
  private final Map<String, Map<String, String>> keys = new HashMap<>();

  UsageLabels(AdminContext context) {
    this.context = context;
    this.projects = context.projectNames();
  }

  /** The names of the labels for a dimension. */
  static List<String> namesOf(Dimension dimension) {
    return switch (dimension) {
      case PROJECT -> List.of("project_name");
      case KEY -> List.of("key_id", KEY_NAME);
      case MODEL, DAY -> List.of(dimension.toString());
      case USER -> List.of("end_user");
    };
  }

  /** The labels of a row, in the order in which they are shown. */
  Map<String, String> of(Usage row) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (Dimension dimension : Dimension.values()) {
      String value = row.of().get(dimension);
      if (value != null) {
        String shown = dimension == Dimension.PROJECT ? projects.getOrDefault(value, value) : value;
        labels.put(namesOf(dimension).get(0), shown);
      }
      if (value != null && dimension == Dimension.KEY) {
        labels.put(KEY_NAME, keyName(row.of().getOrDefault(Dimension.PROJECT, ""), value));
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
