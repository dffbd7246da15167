package dev.tollgate.gateway.admin;

/**
 * Who makes a change, as the audit log has it.
 *
 * @param name one line, cut to {@value #MAX_CHARACTERS} characters
 */
public record Actor(String name) {
  /** An application that has the gateway in it, unless it says who it is. */
  public static final Actor EMBEDDER = new Actor("embedder");

  private static final int MAX_CHARACTERS = 200;

  /** Makes one line of the name. */
  public Actor {
    name = name.replaceAll("\\p{Cntrl}", "?");
    name = name.substring(0, Math.min(name.length(), MAX_CHARACTERS));
  }

  /**
   * Somebody at the command line.
   *
   * @param user of the operating system
   */
  public static Actor cli(String user) {
    return new Actor("cli:" + user);
  }

  /**
   * Whoever has the token of the admin API.
   *
   * @param address where the request came from
   */
  public static Actor api(String address) {
    return new Actor("api:" + address);
  }

  /**
   * A project itself.
   *
   * @param keyId of its key for management
   */
  public static Actor key(String keyId) {
    return new Actor(keyId);
  }
}
