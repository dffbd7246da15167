-- The gateway has a table of this name, too, in a schema of its own.
CREATE TABLE IF NOT EXISTS project (name TEXT PRIMARY KEY, greeting TEXT NOT NULL);
INSERT INTO project VALUES ('shop', 'hello') ON CONFLICT DO NOTHING;
