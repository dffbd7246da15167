package dev.tollgate.gateway.testkit;

import java.net.http.HttpClient;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** One gateway for all tests of a class, and a tenant of its own for each. */
public abstract class SharedGateway {
  protected static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  // Of the class whose tests are running: one at a time.
  protected static ScriptedUpstream upstream;
  protected static RunningGateway gateway;

  protected Tenant tenant;

  @BeforeAll
  static void startGateway(@TempDir Path directory) throws Exception {
    upstream = new ScriptedUpstream();
    gateway = RunningGateway.start(directory, upstream.baseUrl());
  }

  @AfterAll
  static void stopGateway() throws Exception {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void enter() {
    upstream.reset();
    tenant = Tenant.of(gateway, "5");
  }
}
