package dev.tollgate.gateway.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The gateway's own connections. */
final class OwnPool implements ConnectionPool {
  /** Opens a connection outside the pool. */
  interface Connector {
    Connection connect() throws SQLException, IOException;
  }

  private static final long CONNECTION_TIMEOUT_MILLIS = 3_000;

  private final Connector connector;
  private final HikariConfig config;
  // Set by open, before any other thread uses the pool.
  private @Nullable HikariDataSource pool;

  /**
   * @param connector for the first work, which may create the database and take a long time
   * @param config for all other connections
   */
  OwnPool(Connector connector, HikariConfig config) {
    this.connector = connector;
    this.config = config;
  }

  static HikariConfig config(DataSource source, int connections) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("tollgate-database");
    config.setDataSource(source);
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
    return config;
  }

  @Override
  public void open(First first) throws SQLException, IOException {
    try (Connection connection = connector.connect()) {
      first.run(connection);
    }
    pool = new HikariDataSource(config);
  }

  private HikariDataSource opened() {
    HikariDataSource opened = pool;
    if (opened == null) {
      throw new IllegalStateException("the pool is not open");
    }
    return opened;
  }

  @Override
  public <T> T with(Work<T> work) throws SQLException {
    try (Connection connection = opened().getConnection()) {
      return work.run(connection);
    }
  }

  @Override
  public void discard(Connection connection) {
    opened().evictConnection(connection);
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.close();
    }
  }
}
