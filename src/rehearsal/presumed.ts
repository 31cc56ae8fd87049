import type { Statement } from '../sql/statement.ts'
import type { RehearsalFile } from './types.ts'

/** Functions, types and operator classes by which a statement tells that an extension is there. */
const signs: readonly (readonly [extension: string, sign: RegExp])[] = [
  ['uuid-ossp', /\buuid_generate_v[1345]\w*\s*\(/i],
  ['pgcrypto', /\b(?:gen_random_bytes|gen_salt|pgp_sym_(?:en|de)crypt)\s*\(/i],
  ['pg_trgm', /\bg(?:in|ist)_trgm_ops\b/i],
  ['citext', /\bcitext\b/i],
  ['vector', /\bvector\s*\(\d+\)|\bvector_(?:cosine|l2|ip)_ops\b/i],
]

/**
 * What makes the extensions that no statement makes and that some use, one for each: the database had them before its first migration, by hand or by its
 * platform. Each stands at the place of its first use.
 */
export function presumedExtensions(
  statements: readonly Statement[],
  created: ReadonlySet<string>,
): readonly { readonly name: string; readonly file: RehearsalFile }[] {
  return signs.flatMap(([name, sign]) => {
    if (created.has(name)) return []
    const use = statements.find(({ text }) => sign.test(text))
    // A function of that name, or a type, that the migrations make themselves.
    const own =
      use !== undefined &&
      statements.some(
        ({ text }) =>
          /^\s*create\s+(?:or\s+replace\s+)?(?:function|type|domain)\b/i.test(text) && sign.test(text.slice(0, 200)),
      )
    if (use === undefined || own) return []
    const { path, line } = use.place
    const text = `CREATE EXTENSION IF NOT EXISTS "${name}"`
    return [
      {
        name,
        file: {
          path,
          statements: [
            {
              text,
              path,
              line,
              transaction: 0,
              block: false,
              action: 'send',
              reason: null,
              outcome: 'server',
              partOf: null,
              repeat: false,
            },
          ],
        },
      },
    ]
  })
}
