import type { Recipe } from '../../src/planner/recipes/recipe.ts'

/** Code of one version of an application; \`#\` is a number that is new each time, \`?\` one of those used before. */
export interface RecipeClient {
  /** Deployed once so many code steps are done. */
  readonly from: number
  /** Gone once so many are done; half a one means when a contract step begins. */
  readonly until: number
  readonly statements: readonly string[]
}

export interface RecipeCase {
  readonly kind: Recipe['kind']
  /** Where a kind has several cases. */
  readonly title?: string
  readonly given: string
  readonly up: string
  readonly clients: readonly RecipeClient[]
  /** Value for rows of a backfill that only the author knows. */
  readonly value?: string
  /** Answers true once all is done. */
  readonly done: string
}

const always = 99

/** Each pattern with the code before and after it. */
export const recipeCases: readonly RecipeCase[] = [
  {
    kind: 'rename-column',
    given:
      "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL UNIQUE CHECK (email <> ''), n integer); INSERT INTO users SELECT -i, 'g' || i FROM generate_series(1, 300) i;",
    up: 'ALTER TABLE users RENAME COLUMN email TO mail;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          "INSERT INTO users (id, email) VALUES (#, 'a#@x')",
          "UPDATE users SET email = 'b' || id WHERE id = ?",
          'SELECT id, email FROM users WHERE id = ?',
          'UPDATE users SET n = 1 WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          "INSERT INTO users (id, mail) VALUES (#, 'c#@x')",
          "UPDATE users SET mail = 'd' || id WHERE id = ?",
          'SELECT id, mail FROM users WHERE id = ?',
          'DELETE FROM users WHERE id = ?',
        ],
      },
    ],
    done: 'SELECT bool_and(mail IS NOT NULL) AND count(DISTINCT mail) = count(*) FROM users',
  },
  {
    kind: 'rename-table',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, email text); INSERT INTO users SELECT -i FROM generate_series(1, 100) i;',
    up: 'ALTER TABLE users RENAME TO people;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          "INSERT INTO users (id, email) VALUES (#, 'a')",
          "UPDATE users SET email = 'b' WHERE id = ?",
          'SELECT id, email FROM users WHERE id = ?',
          'DELETE FROM users WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          "INSERT INTO people (id, email) VALUES (#, 'c')",
          "UPDATE people SET email = 'd' WHERE id = ?",
          'SELECT id, email FROM people WHERE id = ?',
        ],
      },
    ],
    done: "SELECT count(*) > 100 AND to_regclass('users') IS NULL FROM people",
  },
  {
    kind: 'change-type',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, amount integer NOT NULL DEFAULT 7); CREATE INDEX users_amount_idx ON users (amount); INSERT INTO users SELECT -i, i FROM generate_series(1, 300) i;',
    up: 'ALTER TABLE users ALTER COLUMN amount TYPE bigint;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          'INSERT INTO users (id) VALUES (#)',
          'INSERT INTO users (id, amount) VALUES (#, 3)',
          'UPDATE users SET amount = amount + 1 WHERE id = ?',
          'SELECT amount FROM users WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          'INSERT INTO users (id) VALUES (#)',
          'INSERT INTO users (id, amount_bigint) VALUES (#, 4)',
          'UPDATE users SET amount_bigint = amount_bigint + 1 WHERE id = ?',
          'SELECT amount_bigint FROM users WHERE id = ?',
        ],
      },
    ],
    done: "SELECT bool_and(amount_bigint IS NOT NULL) AND (SELECT format_type(atttypid, NULL) = 'bigint' FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'amount_bigint') FROM users",
  },
  {
    kind: 'change-type',
    title: 'by an expression, with a default, to NOT NULL',
    given:
      "CREATE TABLE users (id integer PRIMARY KEY, verified timestamp(3)); INSERT INTO users SELECT -i, CASE i % 2 WHEN 0 THEN timestamp '2026-01-01' END FROM generate_series(1, 300) i;",
    up: 'ALTER TABLE users ALTER COLUMN verified DROP DEFAULT; ALTER TABLE users ALTER COLUMN verified TYPE boolean USING (verified IS NOT NULL); ALTER TABLE users ALTER COLUMN verified SET DEFAULT false; ALTER TABLE users ALTER COLUMN verified SET NOT NULL;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          'INSERT INTO users (id) VALUES (#)',
          "INSERT INTO users (id, verified) VALUES (#, '2026-02-02')",
          "UPDATE users SET verified = '2026-03-03' WHERE id = ?",
          'SELECT verified FROM users WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          'INSERT INTO users (id, verified_boolean) VALUES (#, true)',
          'UPDATE users SET verified_boolean = NOT verified_boolean WHERE id = ?',
          'SELECT verified_boolean FROM users WHERE id = ?',
        ],
      },
    ],
    done: "SELECT bool_and(verified_boolean IS NOT NULL) AND (SELECT attnotnull AND atthasdef FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'verified_boolean') FROM users",
  },
  {
    kind: 'change-key-type',
    title: 'a key that foreign keys point at',
    given: `CREATE TABLE users (id serial PRIMARY KEY, email text, boss_id integer REFERENCES users ON DELETE SET NULL);
      CREATE TABLE posts (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users ON DELETE CASCADE, title text, UNIQUE (user_id, id)); CREATE INDEX posts_user_idx ON posts (user_id) WHERE title IS NOT NULL;
      CREATE TABLE likes (user_id integer REFERENCES users ON DELETE CASCADE, post_id integer REFERENCES posts ON DELETE CASCADE, CHECK (user_id > 0), PRIMARY KEY (user_id, post_id));
      INSERT INTO users (email, boss_id) SELECT i::text, nullif(i / 2, 0) FROM generate_series(1, 200) i; INSERT INTO posts (user_id, title) SELECT i, i::text FROM generate_series(1, 200) i; INSERT INTO likes SELECT i, i FROM generate_series(1, 200) i;`,
    up: 'ALTER TABLE users ALTER COLUMN id TYPE bigint, ALTER COLUMN boss_id TYPE bigint; ALTER TABLE posts ALTER COLUMN user_id TYPE bigint; ALTER TABLE likes ALTER COLUMN user_id TYPE bigint;',
    clients: [
      {
        from: 0,
        until: always,
        statements: [
          "INSERT INTO users (email, boss_id) VALUES ('#', 1 + # % 100)",
          "INSERT INTO posts (user_id, title) VALUES (1 + # % 150, 'new')",
          'INSERT INTO likes (user_id, post_id) SELECT 1 + # % 150, max(id) FROM posts WHERE id % 7 = # % 7 ON CONFLICT DO NOTHING',
          'SELECT id, email FROM users WHERE id = 5',
          'SELECT u.email FROM posts p JOIN users u ON u.id = p.user_id WHERE p.id = 5',
          'UPDATE posts SET user_id = 1 + # % 150 WHERE id = 17',
          'UPDATE users SET boss_id = 3 WHERE id = 9',
          'DELETE FROM posts WHERE id = 20 + # % 100',
          'DELETE FROM users WHERE id = 160 + # % 40',
        ],
      },
    ],
    done: `SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid IN ('users'::regclass, 'posts'::regclass, 'likes'::regclass) AND attname IN ('user_id', 'boss_id') AND atttypid = 'bigint'::regtype) = 3
      AND (SELECT atttypid = 'bigint'::regtype FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'id')
      AND (SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated) = 4 AND (SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid IN ('users'::regclass, 'posts'::regclass, 'likes'::regclass)) = 'likes_pkey,posts_pkey,posts_user_id_id_key,users_pkey'
      AND (SELECT data_type FROM information_schema.sequences WHERE sequence_name = 'users_id_seq') = 'bigint' AND pg_get_serial_sequence('users', 'id') = 'public.users_id_seq' AND to_regclass('posts_user_idx') IS NOT NULL
      AND (SELECT count(*) FROM users WHERE id IS NULL) = 0 AND (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal) = 0`,
  },
  {
    kind: 'change-key-type',
    title: 'an identity',
    given:
      'CREATE TABLE events (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text); INSERT INTO events (body) SELECT i::text FROM generate_series(1, 300) i;',
    up: 'ALTER TABLE events ALTER COLUMN id TYPE bigint;',
    clients: [
      {
        from: 0,
        until: always,
        statements: [
          "INSERT INTO events (body) VALUES ('a')",
          'SELECT body FROM events WHERE id = ?',
          "UPDATE events SET body = 'b' WHERE id = ?",
        ],
      },
    ],
    done: "SELECT (SELECT identity_generation FROM information_schema.columns WHERE table_name = 'events' AND column_name = 'id') = 'ALWAYS' AND count(*) = count(DISTINCT id) AND (SELECT data_type FROM information_schema.columns WHERE table_name = 'events' AND column_name = 'id') = 'bigint' FROM events",
  },
  {
    kind: 'unique',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, email text); INSERT INTO users SELECT -i, i::text FROM generate_series(1, 200) i;',
    up: 'ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);',
    clients: [
      { from: 0, until: 1, statements: ["INSERT INTO users VALUES (#, 'u#')", 'SELECT email FROM users WHERE id = ?'] },
      {
        from: 1,
        until: always,
        statements: [
          "INSERT INTO users VALUES (#, 'v#') ON CONFLICT DO NOTHING",
          "UPDATE users SET email = 'w' || id WHERE id = ?",
        ],
      },
    ],
    done: "SELECT contype = 'u' FROM pg_constraint WHERE conname = 'users_email_key'",
  },
  {
    kind: 'foreign-key',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE posts (id integer PRIMARY KEY, user_id integer NOT NULL); CREATE INDEX ON posts (user_id); INSERT INTO users SELECT -i FROM generate_series(1, 200) i; INSERT INTO posts SELECT -i, -i FROM generate_series(1, 200) i;',
    up: 'ALTER TABLE posts ADD CONSTRAINT posts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);',
    clients: [
      {
        from: 0,
        until: always,
        statements: [
          'INSERT INTO users VALUES (#)',
          'INSERT INTO posts VALUES (#, -#)',
          'SELECT * FROM posts WHERE user_id = ?',
          'DELETE FROM posts WHERE id = ?',
        ],
      },
    ],
    done: "SELECT convalidated FROM pg_constraint WHERE conname = 'posts_user_id_fkey'",
  },
  {
    kind: 'check',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, age integer); INSERT INTO users SELECT -i, i FROM generate_series(1, 200) i;',
    up: 'ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 0);',
    clients: [
      {
        from: 0,
        until: always,
        statements: ['INSERT INTO users VALUES (#, 3)', 'UPDATE users SET age = age + 1 WHERE id = ?'],
      },
    ],
    done: "SELECT convalidated FROM pg_constraint WHERE conname = 'grown'",
  },
  {
    kind: 'not-null',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, name text); INSERT INTO users SELECT -i FROM generate_series(1, 300) i;',
    up: 'ALTER TABLE users ALTER COLUMN name SET NOT NULL;',
    clients: [
      {
        from: 0,
        until: 1,
        statements: [
          'INSERT INTO users (id) VALUES (#)',
          'UPDATE users SET name = NULL WHERE id = ?',
          'SELECT name FROM users WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          "INSERT INTO users (id, name) VALUES (#, 'n')",
          "UPDATE users SET name = 'm' WHERE id = ?",
          'SELECT name FROM users WHERE id = ?',
        ],
      },
    ],
    value: "'unknown'",
    done: "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'name'",
  },
  {
    kind: 'remove-enum-value',
    given:
      "CREATE TYPE status AS ENUM ('open', 'odd', 'done'); CREATE TABLE orders (id integer PRIMARY KEY, status status NOT NULL DEFAULT 'open'); INSERT INTO orders SELECT -i, CASE WHEN i % 3 = 0 THEN 'odd' ELSE 'open' END::status FROM generate_series(1, 300) i;",
    up: "ALTER TYPE status RENAME TO status_old; CREATE TYPE status AS ENUM ('open', 'done'); ALTER TABLE orders ALTER COLUMN status DROP DEFAULT; ALTER TABLE orders ALTER COLUMN status TYPE status USING status::text::status; ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'open'; DROP TYPE status_old;",
    clients: [
      {
        from: 0,
        until: 1,
        statements: [
          'INSERT INTO orders (id) VALUES (#)',
          "INSERT INTO orders (id, status) VALUES (#, 'odd')",
          "UPDATE orders SET status = 'odd' WHERE id = ?",
          'SELECT status FROM orders WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: 2.5,
        statements: [
          'INSERT INTO orders (id) VALUES (#)',
          "UPDATE orders SET status = 'done' WHERE id = ?",
          'SELECT status FROM orders WHERE id = ?',
        ],
      },
      {
        from: 2,
        until: always,
        statements: [
          'INSERT INTO orders (id) VALUES (#)',
          "UPDATE orders SET status_v2 = 'done' WHERE id = ?",
          'SELECT status_v2 FROM orders WHERE id = ?',
        ],
      },
    ],
    value: "'done'",
    done: "SELECT to_regtype('status') IS NULL AND bool_and(status_v2 IS NOT NULL) FROM orders",
  },
  {
    kind: 'move-column',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, bio text); CREATE TABLE profiles (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users); CREATE INDEX ON profiles (user_id); INSERT INTO users SELECT -i, i::text FROM generate_series(1, 200) i; INSERT INTO profiles SELECT -i, -i FROM generate_series(1, 200) i;',
    up: 'ALTER TABLE profiles ADD COLUMN bio text; ALTER TABLE users DROP COLUMN bio;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          "INSERT INTO users (id, bio) VALUES (#, 'a')",
          'INSERT INTO profiles (id, user_id) VALUES (#, -#)',
          "UPDATE users SET bio = 'b' || id WHERE id = -1",
          'SELECT bio FROM users WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          "INSERT INTO profiles (id, user_id, bio) VALUES (#, -#, 'c')",
          "UPDATE profiles SET bio = 'd' || id WHERE id = ?",
          'SELECT bio FROM profiles WHERE id = ?',
        ],
      },
    ],
    done: 'SELECT bool_and(bio IS NOT NULL) FROM profiles WHERE user_id < -50',
  },
  {
    kind: 'merge-tables',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, name text); CREATE TABLE profiles (user_id integer PRIMARY KEY REFERENCES users, bio text); INSERT INTO users SELECT -i FROM generate_series(1, 200) i; INSERT INTO profiles SELECT -i, i::text FROM generate_series(1, 200) i;',
    up: 'ALTER TABLE users ADD COLUMN bio text; DROP TABLE profiles;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          'INSERT INTO users (id) VALUES (#)',
          "UPDATE profiles SET bio = 'b' WHERE user_id = -1",
          'SELECT bio FROM profiles WHERE user_id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          "INSERT INTO users (id, bio) VALUES (#, 'c')",
          "UPDATE users SET bio = 'd' WHERE id = ?",
          'SELECT bio FROM users WHERE id = ?',
        ],
      },
    ],
    done: "SELECT bool_and(bio IS NOT NULL) AND to_regclass('profiles') IS NULL FROM users WHERE id < 0",
  },
  {
    kind: 'split-table',
    given:
      'CREATE TABLE users (id integer PRIMARY KEY, name text, street text, city text); INSERT INTO users SELECT -i, i::text, i::text, i::text FROM generate_series(1, 300) i;',
    up: 'CREATE TABLE addresses (user_id integer PRIMARY KEY REFERENCES users ON DELETE CASCADE, street text, city text); ALTER TABLE users DROP COLUMN street, DROP COLUMN city;',
    clients: [
      {
        from: 0,
        until: 1.5,
        statements: [
          "INSERT INTO users (id, street, city) VALUES (#, 'a', 'b')",
          "UPDATE users SET street = 'c' WHERE id = ?",
          'SELECT street, city FROM users WHERE id = ?',
          'DELETE FROM users WHERE id = ?',
        ],
      },
      {
        from: 1,
        until: always,
        statements: [
          'WITH u AS (INSERT INTO users (id) VALUES (#) RETURNING id) SELECT id FROM u',
          "UPDATE addresses SET street = 'd' WHERE user_id = ?",
          'SELECT street, city FROM addresses WHERE user_id = ?',
        ],
      },
    ],
    done: 'SELECT count(*) FILTER (WHERE street IS NOT NULL AND city IS NOT NULL) >= 250 FROM addresses',
  },
]

/** What a case is called, by kind and title. */
export function caseName({ kind, title }: RecipeCase): string {
  return title ? `${kind}: ${title}` : kind
}

/** The next form of a client's statement: `#` a new number, `?` one of those used. */
export function nextStatement(sql: string, state: { next: number }): string {
  if (sql.includes('#')) state.next++
  const fresh = state.next
  const used = 1 + ((fresh * 7919) % Math.max(1, fresh))
  return sql
    .replaceAll('-#', `-${1 + (fresh % 50)}`)
    .replaceAll('#', String(fresh))
    .replaceAll('?', String(used))
}
