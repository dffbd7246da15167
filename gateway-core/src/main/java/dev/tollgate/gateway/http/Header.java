package dev.tollgate.gateway.http;

/**
 * One header line as it goes over the wire. The value is never logged: it may be a credential.
 *
 * @param name field name, in the case it was received
 * @param value field value without the white space around it
 */
public record Header(String name, String value) {
  @Override
  public String toString() {
    return name + ": ***";
  }
}
