package dev.tollgate.gateway.http;

/**
 * One header line as it is sent. The value is never logged, because it may be a credential.
 *
 * @param name the field name, in the case in which it was received
 * @param value the field value without surrounding white space
 */
public record Header(String name, String value) {
  @Override
  public String toString() {
    return name + ": ***";
  }
}
