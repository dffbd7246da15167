package dev.tollgate.gateway.selfservice;

import java.nio.file.Path;
import java.util.Map;

class SqliteTenantSumsTest extends TenantSumsContract {
  @Override
  Map<String, String> database(Path directory) {
    return Map.of();
  }
}
