-- The project's own user who made a request, as the request named it; empty: it named none.
ALTER TABLE hold ADD COLUMN end_user TEXT NOT NULL DEFAULT '';
ALTER TABLE ledger_entry ADD COLUMN end_user TEXT NOT NULL DEFAULT '';

-- Of a credit that corrects an entry: that entry's id, and the amount if the entry is a charge.
ALTER TABLE ledger_entry ADD COLUMN corrects TEXT;
ALTER TABLE ledger_entry ADD COLUMN refund_nanos BIGINT NOT NULL DEFAULT 0;

CREATE INDEX ledger_entry_by_corrected ON ledger_entry (project_id, corrects)
  WHERE corrects IS NOT NULL;
