package dev.tollgate.gateway.jdbc;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * The simplest of pools: what is put back into it is given out again as it is. Others put right
 * what their borrowers have changed, and so would hide it.
 */
final class PlainPool implements DataSource, AutoCloseable {
  private final DatabaseOptions options;
  private final BlockingQueue<Connection> idle = new LinkedBlockingQueue<>();
  private final BlockingQueue<Connection> made = new LinkedBlockingQueue<>();
  private final boolean autoCommit;
  private volatile boolean closed;

  PlainPool(DatabaseOptions options, int size, boolean autoCommit) throws SQLException {
    this.options = options;
    this.autoCommit = autoCommit;
    for (int i = 0; i < size; i++) {
      idle.add(make());
    }
  }

  private Connection make() throws SQLException {
    Connection connection = Sql.connect(options);
    connection.setAutoCommit(autoCommit);
    made.add(connection);
    return connection;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection taken;
    try {
      taken = idle.poll(closed ? 0 : 5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted", e);
    }
    if (taken == null || closed) {
      throw new SQLException("no connection to be had");
    }
    Connection connection = taken.isClosed() ? make() : taken;
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                idle.add(connection);
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public void close() throws SQLException {
    closed = true;
    for (Connection connection : made) {
      connection.close();
    }
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {}

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
