package dev.tollgate.gateway.admin;

/**
 * The author of a change, as the audit log records it.
 *
 * @param name one line, cut to {@value #MAX_CHARACTERS} characters
 */
public record Actor(String name) {
  /** An embedding application that names no other actor. */
  public static final Actor EMBEDDER = new Actor("embedder");

  private static final int MAX_CHARACTERS = 200;

  /** Replaces control characters and cuts a long name. */
  public Actor {
    name = name.replaceAll("\\p{Cntrl}", "?");
    name = name.substring(0, Math.min(name.length(), MAX_CHARACTERS));
  }

  /**
   * A user of the command line.
   *
   * @param user the name of the operating system's user
   */
  public static Actor cli(String user) {
    return new Actor("cli:" + user);
  }

  /**
   * A caller of the admin API.
   *
   * @param address the client's address
   */
  public static Actor api(String address) {
    return new Actor("api:" + address);
  }

  /**
   * A project that changes its own keys.
   *
   * @param keyId the id of its management key
   */
  public static Actor key(String keyId) {
    return new Actor(keyId);
  }
}
