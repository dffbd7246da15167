package dev.tollgate.gateway.testkit;

import org.junit.jupiter.api.BeforeEach;

/**
 * What a contract of a home begins with: a tenant of its own, an upstream that knows nothing yet.
 */
public abstract class HomeContract {
  protected Tenant tenant;
  protected ScriptedUpstream upstream;

  /** The gateway to test; asked for once before each test. */
  protected abstract Home home() throws Exception;

  /** What {@link #home} relays to. */
  protected abstract ScriptedUpstream upstream();

  @BeforeEach
  protected final void enter() throws Exception {
    tenant = Tenant.of(home(), "1000");
    upstream = upstream();
    upstream.reset();
  }
}
