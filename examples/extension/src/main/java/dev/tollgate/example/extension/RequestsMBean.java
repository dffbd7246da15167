package dev.tollgate.example.extension;

/** What JMX shows. */
public interface RequestsMBean {
  /** How many requests have ended. */
  long getEnded();
}
