package dev.tollgate.gateway.selfservice;

/**
 * An answer of the gateway itself.
 *
 * @param status the HTTP status
 * @param body an {@link Answer}, a list of them, or another JSON value
 */
record Reply(int status, Object body) {
  private static final int OK = 200;
  private static final int CREATED = 201;

  static Reply ok(Object body) {
    return new Reply(OK, body);
  }

  static Reply created(Object body) {
    return new Reply(CREATED, body);
  }
}
