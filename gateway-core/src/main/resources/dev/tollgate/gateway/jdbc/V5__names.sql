-- Names for people; empty: none. A build that knows schema 4 only does not refuse a disabled key.
ALTER TABLE project ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN archived_at BIGINT; -- null: in use; an archived project is disabled, too
ALTER TABLE api_key ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN metadata TEXT NOT NULL DEFAULT ''; -- a JSON object; empty: none
ALTER TABLE api_key ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- When the key's last charge was made; null: none since this column exists.
ALTER TABLE key_spending ADD COLUMN last_used_at BIGINT;
