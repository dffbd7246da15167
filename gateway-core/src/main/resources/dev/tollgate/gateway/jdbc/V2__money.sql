-- Parts per million on top of the upstream's cost.
ALTER TABLE project ADD COLUMN markup_ppm BIGINT NOT NULL DEFAULT 0;

-- A request that was, or is about to be, sent upstream. placed_nanos is what was held at first,
-- amount_nanos what is held now: zero once it is captured or released.
CREATE TABLE hold (
  id              TEXT PRIMARY KEY,
  project_id      TEXT NOT NULL REFERENCES project (id),
  key_id          TEXT NOT NULL,
  state           TEXT NOT NULL, -- open, pending, captured, released
  mode            TEXT NOT NULL, -- bounded, strict
  wanted_nanos    BIGINT NOT NULL,
  placed_nanos    BIGINT NOT NULL,
  amount_nanos    BIGINT NOT NULL,
  estimate_nanos  BIGINT NOT NULL DEFAULT 0,
  markup_ppm      BIGINT NOT NULL,
  model           TEXT NOT NULL,
  upstream_key_id TEXT NOT NULL,
  idempotency_key TEXT,
  generation_id   TEXT,
  owner           TEXT NOT NULL, -- the node that is to settle it
  reason          TEXT NOT NULL DEFAULT '',
  attempts        INTEGER NOT NULL DEFAULT 0,
  created_at      BIGINT NOT NULL,
  pending_at      BIGINT,
  next_ask_at     BIGINT,
  settled_at      BIGINT
);

CREATE INDEX hold_unsettled ON hold (owner, next_ask_at) WHERE state IN ('open', 'pending');
CREATE INDEX hold_by_generation ON hold (generation_id) WHERE generation_id IS NOT NULL;

-- The names that clients gave to their requests; the hold that has one now.
CREATE TABLE idempotency (
  project_id TEXT NOT NULL REFERENCES project (id),
  key        TEXT NOT NULL,
  hold_id    TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, key)
);

CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Of a charge, a shortfall or a late answer; as the defaults say of a credit.
ALTER TABLE ledger_entry ADD COLUMN hold_id TEXT;
ALTER TABLE ledger_entry ADD COLUMN cost_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger_entry ADD COLUMN overrun_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger_entry ADD COLUMN literal TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN flags TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN prompt_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE ledger_entry ADD COLUMN completion_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE ledger_entry ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN generation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN upstream_key_id TEXT NOT NULL DEFAULT '';

CREATE INDEX ledger_entry_by_time ON ledger_entry (project_id, created_at);

-- The servers that run on this database, by its own clock.
CREATE TABLE node (
  id          TEXT PRIMARY KEY,
  lease_until BIGINT NOT NULL
);

-- Every upstream key that a request was sent with, sealed, and from when its spending is compared.
CREATE TABLE upstream_key (
  id             TEXT PRIMARY KEY,
  sealed         TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  baseline_usage TEXT, -- the upstream's own figure then, in US dollars
  baseline_at    BIGINT,
  baseline_nanos BIGINT, -- what had been captured then
  baseline_charges BIGINT -- by so many charges
);
