-- The parts of an entry's tokens; -1: not known. prompt_tokens is all of the input, completion_tokens
-- all of the output.
ALTER TABLE ledger_entry ADD COLUMN cached_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE ledger_entry ADD COLUMN cache_write_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE ledger_entry ADD COLUMN reasoning_tokens BIGINT NOT NULL DEFAULT -1;

-- What a pending hold is charged if its cost is never found: estimate_nanos, and what is known of it.
ALTER TABLE hold ADD COLUMN fallback_source TEXT NOT NULL DEFAULT 'estimate'; -- tokens, cost
ALTER TABLE hold ADD COLUMN fallback_cost_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE hold ADD COLUMN fallback_literal TEXT NOT NULL DEFAULT '';
ALTER TABLE hold ADD COLUMN fallback_flags TEXT NOT NULL DEFAULT '';
ALTER TABLE hold ADD COLUMN prompt_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE hold ADD COLUMN cached_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE hold ADD COLUMN cache_write_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE hold ADD COLUMN completion_tokens BIGINT NOT NULL DEFAULT -1;
ALTER TABLE hold ADD COLUMN reasoning_tokens BIGINT NOT NULL DEFAULT -1;

-- When the cost of a pending hold was last asked for; null: never.
ALTER TABLE hold ADD COLUMN asked_at BIGINT;
