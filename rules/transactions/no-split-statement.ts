import type { Rule } from '../../src/engine/rule.ts'
import type { Statement } from '../../src/sql/statement.ts'
import { sql } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'

export default {
  id: 'no-split-statement',
  severity: 'error',
  summary: 'A statement ends for goose where a line ends in `;`, in the body of a function as well.',
  why: `A file is read line by line, and what goose has is sent once a line ends in \`;\`. Half of a function is a syntax error, and a last statement without a \`;\`
    makes goose refuse the whole file. What stands between \`StatementBegin\` and \`StatementEnd\` is sent as one.`,
  fix: 'Put the statement between `-- +goose StatementBegin` and `-- +goose StatementEnd`.',
  references: [
    'https://pressly.github.io/goose/documentation/annotations/#complex-statements',
    'https://github.com/pressly/goose/blob/main/internal/sqlparser/parser.go',
  ],
  sources: [],
  bad: [
    {
      runner: 'goose',
      sql: `create function touch() returns trigger language plpgsql as $$\nbegin\n  new.updated_at = now();\n  return new;\nend $$;`,
      message: 'This statement is cut at the `;` of line',
    },
    {
      title: 'A comment behind it changes nothing.',
      runner: 'goose',
      sql: `do $$\nbegin\n  perform 1; -- nothing\nend\n$$;`,
      message: 'This statement is cut',
    },
    {
      title: 'The last statement has no end.',
      runner: 'goose',
      sql: `create table users (id bigint generated always as identity primary key);\ncomment on table users is 'People'`,
      message: 'goose refuses the file',
    },
  ],
  good: [
    {
      runner: 'goose',
      sql: `-- +goose StatementBegin\ncreate function touch() returns trigger language plpgsql as $$\nbegin\n  new.updated_at = now();\n  return new;\nend $$;\n-- +goose StatementEnd`,
    },
    {
      title: 'No line of it ends in `;` before the last.',
      runner: 'goose',
      sql: `create function one() returns integer language sql as $$\n  select 1; $$;`,
    },
    {
      title: 'dbmate sends the file as it is.',
      runner: 'dbmate',
      sql: `create function touch() returns trigger language plpgsql as $$\nbegin\n  new.updated_at = now();\n  return new;\nend $$;`,
    },
  ],
  visit: {
    statement(statement, ctx) {
      if (ctx.runner.name !== 'goose' || ctx.runner.assumed || statement.inside !== null || isSentAsOne(statement))
        return
      const line = cutAt(statement)
      if (line !== null)
        return {
          anySize: true,
          fails: true,
          message: `This statement is cut at the \`;\` of line ${line}: goose sends the first half alone, which is a syntax error.`,
          help: `Have it sent as one:\n${sql('-- +goose StatementBegin', `${statement.text};`, '-- +goose StatementEnd')}`,
          // An annotation has to begin its line.
          ...(statement.place.column === 1
            ? wholeLines(ctx.step, `-- +goose StatementBegin\n${statement.text};\n-- +goose StatementEnd`)
            : {}),
        }
      if (/^\s*;/.test(statement.file.text.slice(statement.end))) return
      return {
        anySize: true,
        fails: true,
        message: 'This statement is the last and has no `;`: goose refuses the file.',
        help: 'End it with `;`.',
        ...wholeLines(ctx.step, `${statement.text};`),
      }
    },
  },
} satisfies Rule

/** True between `StatementBegin` and `StatementEnd`. */
function isSentAsOne({ file, start }: Statement): boolean {
  const last = [...file.text.slice(0, start).matchAll(/^--.*\+goose\s+statement(begin|end)\s*$/gim)].at(-1)
  return last?.[1]?.toLowerCase() === 'begin'
}

/** The line inside of a statement that ends in `;`, comments after it aside; null where none does. */
function cutAt({ file, start, end, place }: Statement): number | null {
  for (let line = place.line; line < place.endLine; line++) {
    const from = Math.max(start, file.lineStarts[line - 1] ?? 0)
    const words = file.text.slice(from, Math.min(end, file.lineStarts[line] ?? end)).split(/\s+/)
    const comment = words.findIndex((word) => word.startsWith('--'))
    if (
      words
        .slice(0, comment < 0 ? words.length : comment)
        .findLast((word) => word !== '')
        ?.endsWith(';') === true
    )
      return line
  }
  return null
}
