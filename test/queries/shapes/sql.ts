import type { Shape } from './shape.ts'

/** Shapes of real code, read in reviews of public repositories and told in words of our own, with the rules of queries and operations that have to speak; no others may warn. */
export const sql: readonly Shape[] = [
  [
    'a join by a comma with its condition',
    'export const all = (id: string) => pool.query("SELECT u.name, o.number FROM users u, orders o WHERE o.user_id = u.id AND u.id = $1", [id])',
  ],
  [
    'a join by a comma without it',
    'export const all = () => pool.query("SELECT u.name, o.number FROM users u, orders o")',
    'no-cartesian-product',
  ],
  [
    'a date that is cut off',
    'export const day = (n: string) => pool.query("SELECT id FROM orders WHERE number::text = $1", [n])',
    'no-function-on-indexed-column',
  ],
  [
    'a queue that waits',
    'export const next = () => pool.query("SELECT id FROM orders WHERE number = 1 ORDER BY created_at LIMIT 1 FOR UPDATE")',
    'prefer-skip-locked',
    'require-index-for-order',
  ],
  [
    'an upsert',
    'export const put = (v: unknown[]) => pool.query("INSERT INTO users (id, email) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET email = excluded.email", v)',
  ],
  [
    'a value in quotes',
    "export const find = (name: string) => pool.query(`SELECT id FROM users WHERE email = '${name}'`)",
    'no-unsafe-sql',
  ],
  [
    'numbers by a condition',
    'export const numbers = (id: string) => pool.query("SELECT count(*) FILTER (WHERE status = \'open\') AS open, count(*) AS total FROM orders WHERE user_id = $1", [id])',
  ],
  [
    'one row with a number beside it',
    "export const one = (id: string) => pool.query('SELECT u.id, (SELECT count(*) FROM orders o WHERE o.note = u.name) AS n FROM users u WHERE u.id = $1', [id])",
  ],
  [
    'the newest of each by LATERAL',
    "export const newest = (ids: string[]) => pool.query('SELECT u.id, o.number FROM users u CROSS JOIN LATERAL (SELECT number FROM orders WHERE user_id = u.id ORDER BY created_at DESC LIMIT 1) o WHERE u.id = ANY($1)', [ids])",
  ],
  [
    'a status that a batch sets',
    'export const close = (ids: string[]) => pool.query("UPDATE orders SET status = \'closed\' WHERE id = ANY($1)", [ids])',
  ],
  [
    'a queue that skips',
    "export const take = () => pool.query('SELECT id FROM orders WHERE number = 1 ORDER BY number LIMIT 5 FOR UPDATE SKIP LOCKED')",
  ],
  [
    'rows of two columns at once',
    "export const apply = (v: string) => pool.query('UPDATE orders SET status = $2 WHERE (user_id, number) IN (SELECT user_id, number FROM json_to_recordset($1) AS given (user_id text, number int))', [v, 'applied'])",
  ],
  [
    'the next page by two columns',
    "export const next = (v: unknown[]) => pool.query('SELECT id FROM orders WHERE (user_id, created_at) > ($1, $2) ORDER BY user_id, created_at LIMIT 50', v)",
  ],
]
