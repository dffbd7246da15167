-- The project's own user who made a request, as the request named it; empty: it named none.
ALTER TABLE hold ADD COLUMN end_user TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN end_user TEXT NOT NULL DEFAULT '';

-- Of a credit that corrects an entry: that entry's id, and the amount if the entry is a charge.
ALTER TABLE ledger_entry ADD COLUMN corrects TEXT;
ALTER TABLE ledger_entry ADD COLUMN refund_nanos BIGINT NOT NULL DEFAULT 0;

CREATE INDEX ledger_entry_by_corrected ON ledger_entry (project_id, corrects)
  WHERE corrects IS NOT NULL;

-- 0: as self_made says; 1: made by the project with POST /keys; 2: the same, and restricted by the
-- operator. self_made is 0 for 1 and 2: servers of an earlier schema revoke the keys with self_made.
ALTER TABLE api_key ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
