CREATE TABLE comments (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  post_id UUID NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
  body TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

ALTER TABLE posts ADD COLUMN reviewer_id UUID;

ALTER TABLE posts ADD CONSTRAINT posts_reviewer_id_fkey FOREIGN KEY (reviewer_id) REFERENCES users(id);
