-- The transaction that inserted the row; 0: before this migration. Servers of an earlier schema fill
-- it, too. A reader that waits for all earlier transactions misses none, see BookingOrder.
ALTER TABLE ledger_entry ADD COLUMN tx BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ledger_entry ALTER COLUMN tx SET DEFAULT txid_current();

CREATE INDEX ledger_entry_by_booking ON ledger_entry (tx, project_id, id);
