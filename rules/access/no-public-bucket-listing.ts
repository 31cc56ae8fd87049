import type { Policy } from '../../src/schema/model.ts'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { ident, sql } from '../shared/sql.ts'
import { isSupabase } from '../shared/supabase.ts'

export default {
  id: 'no-public-bucket-listing',
  severity: 'warning',
  summary: 'On Supabase a policy that reads a whole public bucket lets everybody list the files in it.',
  why: `The address of a file in a public bucket answers without any policy. A policy for SELECT on storage.objects adds one thing: the names of all files, and with them
    their addresses, to whoever asks for the list.`,
  fix: 'Leave the policy out, or bind it to the owner of the file.',
  references: ['https://supabase.com/docs/guides/storage/buckets/fundamentals'],
  sources: ['splinter/0025_public_bucket_allows_listing'],
  bad: [
    {
      runner: 'supabase',
      sql: `
        insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
        create policy avatars_read on storage.objects for select using (bucket_id = 'avatars');`,
      message: '`avatars_read` lets everybody list the files of `avatars`',
    },
  ],
  good: [
    {
      title: 'The bucket is not public.',
      runner: 'supabase',
      sql: `
        insert into storage.buckets (id, name, public) values ('invoices', 'invoices', false);
        create policy invoices_read on storage.objects for select to authenticated using (bucket_id = 'invoices');`,
    },
    {
      title: 'Each lists the own files.',
      runner: 'supabase',
      sql: `
        insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
        create policy avatars_own on storage.objects for select to authenticated using (bucket_id = 'avatars' and owner = (select auth.uid()));`,
    },
  ],
  visit: {
    addPolicy: ({ table, to }, ctx) => (table === 'storage.objects' ? listing(to, ctx) : null),
    alterPolicy: ({ table, to }, ctx) => (table === 'storage.objects' ? listing(to, ctx) : null),
  },
} satisfies Rule

function listing(policy: Policy, ctx: RuleContext) {
  if (!isSupabase(ctx) || (policy.command !== 'select' && policy.command !== 'all')) return null
  const bucket = /^\(*bucket_id = '([^']+)'(?:::text)?\)*$/.exec(policy.using?.trim() ?? '')?.[1]
  if (bucket === undefined || !isPublic(bucket, ctx)) return null
  const named = policy.roles.filter((role) => !/^(?:public|anon)$/i.test(role))
  const whom =
    policy.roles.length > 0 && named.length === policy.roles.length ? `\`${named.join('`, `')}\`` : 'everybody'
  return {
    message: `\`${policy.name}\` lets ${whom} list the files of \`${bucket}\`, which is public: each file is served without it.`,
    help: `Leave it out:\n${sql(`DROP POLICY ${ident(policy.name)} ON storage.objects;`)}`,
  }
}

/** True for a bucket that a migration makes public. */
function isPublic(bucket: string, ctx: RuleContext): boolean {
  return ctx.history
    .flatMap((migration) => migration.statements)
    .some(({ node, text }) =>
      'InsertStmt' in node && node.InsertStmt.relation?.relname === 'buckets' && text.includes(`'${bucket}'`)
        ? /\bpublic\b/i.test(text) && /\btrue\b/i.test(text)
        : 'UpdateStmt' in node &&
          node.UpdateStmt.relation?.relname === 'buckets' &&
          text.includes(`'${bucket}'`) &&
          /\bpublic\s*=\s*true\b/i.test(text),
    )
}
