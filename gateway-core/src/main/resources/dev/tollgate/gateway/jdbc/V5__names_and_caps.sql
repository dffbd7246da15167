-- Names for people; empty: none. A build that knows schema 4 only does not refuse a disabled key.
ALTER TABLE project ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN archived_at BIGINT; -- null: in use; an archived project is disabled, too
ALTER TABLE api_key ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN metadata TEXT NOT NULL DEFAULT ''; -- a JSON object; empty: none
ALTER TABLE api_key ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

-- When the key's last charge was made; at first the start of its day, as far as that is known.
ALTER TABLE key_spending ADD COLUMN last_used_at BIGINT;
UPDATE key_spending SET last_used_at = day_number * 86400000 WHERE day_number > 0;

-- Further caps. A build that knows schema 4 only does not keep to them.
ALTER TABLE project ADD COLUMN weekly_cap_nanos BIGINT;
ALTER TABLE project ADD COLUMN total_cap_nanos BIGINT;
ALTER TABLE api_key ADD COLUMN weekly_cap_nanos BIGINT;
ALTER TABLE api_key ADD COLUMN total_cap_nanos BIGINT;

-- What these caps need beside the counters: the charges of the week before the counted day, and all
-- charges before the counted month. Known only while the day or month here is the counted one; a
-- build of schema 4 counts on without them.
ALTER TABLE project ADD COLUMN week_before_day BIGINT NOT NULL DEFAULT -1;
ALTER TABLE project ADD COLUMN week_before_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN ever_before_month BIGINT NOT NULL DEFAULT -1;
ALTER TABLE project ADD COLUMN ever_before_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE key_spending ADD COLUMN week_before_day BIGINT NOT NULL DEFAULT -1;
ALTER TABLE key_spending ADD COLUMN week_before_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE key_spending ADD COLUMN ever_before_month BIGINT NOT NULL DEFAULT -1;
ALTER TABLE key_spending ADD COLUMN ever_before_nanos BIGINT NOT NULL DEFAULT 0;
