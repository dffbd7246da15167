-- Times are milliseconds since 1970, amounts are nano-dollars, truth values are 0 and 1.

CREATE TABLE project (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  enabled       INTEGER NOT NULL,
  upstream_key  TEXT, -- sealed; null: the operator's default
  credits_nanos BIGINT NOT NULL DEFAULT 0,
  charges_nanos BIGINT NOT NULL DEFAULT 0,
  held_nanos    BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL
);

CREATE TABLE api_key (
  id          TEXT PRIMARY KEY,
  project_id  TEXT NOT NULL REFERENCES project (id),
  fingerprint TEXT NOT NULL UNIQUE, -- SHA-256 in hexadecimal
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT,
  revoked_at  BIGINT
);

CREATE INDEX api_key_by_project ON api_key (project_id, created_at);

-- Only ever inserted into. The id is the caller's: a repeat meets the primary key.
CREATE TABLE ledger_entry (
  project_id   TEXT NOT NULL REFERENCES project (id),
  id           TEXT NOT NULL,
  kind         TEXT NOT NULL,
  amount_nanos BIGINT NOT NULL,
  note         TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (project_id, id)
);

-- One row. Raised with every change to a project or a key; polled by every server.
CREATE TABLE change_counter (
  value BIGINT NOT NULL
);

INSERT INTO change_counter (value) VALUES (0);

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
