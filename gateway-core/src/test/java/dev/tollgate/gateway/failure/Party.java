package dev.tollgate.gateway.failure;

/** Who fails. */
enum Party {
  CLIENT("The client"),
  UPSTREAM("The upstream"),
  STORE("The store"),
  GATEWAY("The gateway itself");

  private final String title;

  Party(String title) {
    this.title = title;
  }

  /** Its heading on the page. */
  @Override
  public String toString() {
    return title;
  }
}
