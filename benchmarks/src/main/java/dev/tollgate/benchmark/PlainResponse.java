package dev.tollgate.benchmark;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;

/** Counts the headers that it is given. */
final class PlainResponse extends HttpServletResponseWrapper {
  private int count;

  PlainResponse() {
    super(PlainRequest.none(HttpServletResponse.class));
  }

  int count() {
    return count;
  }

  @Override
  public void setHeader(String name, String value) {
    count++;
  }

  @Override
  public void addHeader(String name, String value) {
    count++;
  }

  @Override
  public void setContentLengthLong(long bytes) {
    count++;
  }
}
