-- With which key it calls upstream while it has none of its own: default (the operator's) or none.
ALTER TABLE project ADD COLUMN upstream TEXT NOT NULL DEFAULT 'default';

-- What a project is kept to; null: what the operator has set for all, or nothing.
ALTER TABLE project ADD COLUMN rate TEXT;
ALTER TABLE project ADD COLUMN max_open INTEGER;
ALTER TABLE project ADD COLUMN models TEXT; -- one pattern a line
ALTER TABLE project ADD COLUMN daily_cap_nanos BIGINT;
ALTER TABLE project ADD COLUMN monthly_cap_nanos BIGINT;

-- What was charged in the period that had a charge last: days and months since January 1970, UTC.
ALTER TABLE project ADD COLUMN day_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN day_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN month_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN month_nanos BIGINT NOT NULL DEFAULT 0;

-- How many requests for free models there were on the day that had one last.
ALTER TABLE project ADD COLUMN free_day_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN free_requests BIGINT NOT NULL DEFAULT 0;

ALTER TABLE api_key ADD COLUMN kind TEXT NOT NULL DEFAULT 'inference'; -- or management
ALTER TABLE api_key ADD COLUMN self_made INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN daily_cap_nanos BIGINT;
ALTER TABLE api_key ADD COLUMN monthly_cap_nanos BIGINT;

-- The same by key. Apart from api_key: an embedding application may keep its keys elsewhere.
CREATE TABLE key_spending (
  project_id   TEXT NOT NULL REFERENCES project (id),
  key_id       TEXT NOT NULL,
  day_number   BIGINT NOT NULL,
  day_nanos    BIGINT NOT NULL,
  month_number BIGINT NOT NULL,
  month_nanos  BIGINT NOT NULL,
  PRIMARY KEY (project_id, key_id)
);

-- For counting what a project has open, and what is held with a key.
CREATE INDEX hold_unsettled_of_project ON hold (project_id) WHERE state IN ('open', 'pending');

-- Who changed what; only ever inserted into.
CREATE TABLE audit (
  id         TEXT PRIMARY KEY,
  at         BIGINT NOT NULL,
  actor      TEXT NOT NULL,
  action     TEXT NOT NULL,
  project_id TEXT, -- null: no project's
  subject    TEXT NOT NULL, -- such as the id of a key; possibly empty
  detail     TEXT NOT NULL
);

CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_of_project ON audit (project_id, at);

-- Requests of the admin API that are not to be carried out twice, and what was answered.
CREATE TABLE admin_request (
  key         TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL, -- SHA-256 of method, path and body, in hexadecimal
  status      INTEGER NOT NULL,
  answer      TEXT NOT NULL, -- without secrets
  created_at  BIGINT NOT NULL
);

CREATE INDEX admin_request_by_age ON admin_request (created_at);
