import { PGlite } from '@electric-sql/pglite'
import { expect, test } from 'vitest'
import { supabasePlatform } from '../../src/project/supabase-platform.ts'
import { loadParser } from '../../src/sql/parser.ts'

test('what every Supabase database holds is SQL that Postgres runs, and policies can use', async () => {
  await loadParser()
  const db = new PGlite()
  try {
    await db.exec(
      supabasePlatform()
        .statements.filter(({ inside }) => inside === null)
        .map(({ text }) => `${text};`)
        .join('\n'),
    )
    await db.exec(`
      CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id));
      CREATE POLICY own ON profiles TO authenticated USING (auth.uid() = id AND auth.jwt() ->> 'role' = auth.role());
      CREATE POLICY files ON storage.objects FOR SELECT TO anon USING (bucket_id = 'public' AND (storage.foldername(name))[1] = 'a');
      ALTER PUBLICATION supabase_realtime ADD TABLE profiles;`)
    const { rows } = await db.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_policies WHERE policyname IN ('own', 'files')",
    )
    expect(rows).toEqual([{ count: 2 }])
  } finally {
    await db.close()
  }
})
