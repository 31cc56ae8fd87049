ALTER TABLE users ADD COLUMN status TEXT NOT NULL;

CREATE INDEX idx_users_name ON users(name);

ALTER TABLE users DROP COLUMN legacy_id;
