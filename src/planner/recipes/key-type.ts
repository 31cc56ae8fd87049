import { checkDefinition, createIndex, foreignKeyDefinition } from '../../schema/sql/ddl.ts'
import { nameOf, type Column, type Schema, type Table } from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { jobNameOf, noKey, plainUpdate, walkingKey, type BackfillJob } from '../backfill/backfill.ts'
import { drizzleField, prismaField } from './orm-code.ts'
import { deploy, fill, migrationApart, type Recipe } from './recipe.ts'
import { notNullStatements } from './not-null.ts'
import type { RecipeContext } from './recipe.ts'
import { keyColumns, pointingAt, type Member, type Swapped } from './key-columns.ts'
import {
  concerns,
  hasUniqueOn,
  keyIndexes,
  moves,
  oldName,
  renamedIn,
  secondForeignKey,
  secondIndex,
  secondName,
  swapStep,
  syncOf,
} from './key-swap.ts'

/**
 * A key gets a wider type, and with it all foreign keys that point at it: second columns of the new type are kept equal by triggers, filled
 * and indexed, then take over under the old names, one table after the other, each in one short transaction.
 */
export function keyTypeRecipe(table: Table, column: Column, type: string, schema: Schema, ctx: RecipeContext): Recipe {
  const d = ctx.defaultSchema
  const all = keyColumns(schema, table, column.name, type)
  const others = all
    .filter((s) => s.table.key !== table.key)
    .map((s) => s.members.map((m) => `${s.table.name}.${m.from.name}`).join(', '))
  const add = all.flatMap((s) => [
    ...s.members.map((m) => `ALTER TABLE ${quoteKey(s.table.key, d)} ADD COLUMN ${quoteIdent(m.name)} ${type}`),
    ...syncOf(s, d).create,
  ])
  const required = all.flatMap((s) =>
    s.members.filter((m) => !m.from.nullable).flatMap((m) => notNullStatements(s.table, m.name, d)),
  )
  // What is pointed at needs its unique index before anything can point at it.
  const keys = all.toReversed().flatMap((s) =>
    s.table.indexes
      .concat(keyIndexes(s.table))
      .filter((i) => concerns(i, s))
      .map((i) => createIndex(s.table.key, secondIndex(i, s), d, { concurrently: true })),
  )
  const targets = all.flatMap((s) =>
    s.members
      .filter((m) => pointingAt(schema, s.table.key, m.from.name).length && !hasUniqueOn(s.table, m.from.name))
      .map((m) => `${s.table.name}.${m.from.name}`),
  )
  const foreign = all.flatMap((s) =>
    s.table.foreignKeys
      .filter((f) => moves(f, s))
      .flatMap((f) => {
        const second = secondForeignKey(f, s, all, schema)
        return [
          `ALTER TABLE ${quoteKey(s.table.key, d)} ADD ${foreignKeyDefinition({ ...second, validated: false }, d)}`,
          `ALTER TABLE ${quoteKey(s.table.key, d)} VALIDATE CONSTRAINT ${quoteIdent(second.name)}`,
        ]
      }),
  )
  const checks = all.flatMap((s) =>
    s.table.checks
      .filter((c) => s.members.some((m) => mentions(c.expression, quoteIdent(m.from.name))))
      .flatMap((c) => {
        const second = { ...c, name: secondName(c.name, s), expression: renamedIn(c.expression, s), validated: false }
        return [
          `ALTER TABLE ${quoteKey(s.table.key, d)} ADD ${checkDefinition(second)}`,
          `ALTER TABLE ${quoteKey(s.table.key, d)} VALIDATE CONSTRAINT ${quoteIdent(second.name)}`,
        ]
      }),
  )
  const readers = [...schema.views]
    .filter(([, v]) =>
      v.reads.some((r) =>
        all.some(
          (s) =>
            s.table.key === r.table && (r.columns === null || s.members.some((m) => r.columns!.includes(m.from.name))),
        ),
      ),
    )
    .map(([of]) => nameOf(of))
  return {
    kind: 'change-key-type',
    title: `Change the key \`${table.name}.${column.name}\` from \`${column.type}\` to \`${type}\`${others.length ? `, with \`${others.join('`, `')}\`` : ''}`,
    place: ctx.place,
    shortcut: null,
    steps: [
      migrationApart(
        'Add second columns and keep them equal',
        'expand',
        add,
        all
          .flatMap((s) => [
            `  ${ctx.orm === 'prisma' ? 'model ' : ''}${s.table.name}`,
            ...s.members.map((m) => hidden(m, type, ctx)),
          ])
          .join('\n'),
      ),
      ...all.map((s) =>
        fill(`Fill the second column${s.members.length > 1 ? 's' : ''} of \`${s.table.name}\``, jobOf(s, ctx)),
      ),
      migrationApart(
        'Give the second columns what the old ones have: NOT NULL, indexes, checks, foreign keys',
        'expand',
        [...required, ...keys, ...checks, ...foreign],
        null,
      ),
      ...all.map((s) => swapStep(s, type, schema, ctx)),
      deploy(
        `Deploy code that knows \`${type}\``,
        all
          .flatMap((s) => [
            `  ${ctx.orm === 'prisma' ? 'model ' : ''}${s.table.name}`,
            ...s.members.map((m) => gone(m, type, ctx)),
          ])
          .join('\n'),
      ),
      migrationApart(
        'Drop the old columns',
        'contract',
        all.flatMap((s) =>
          s.members.map((m) => `ALTER TABLE ${quoteKey(s.table.key, d)} DROP COLUMN ${quoteIdent(oldName(m))}`),
        ),
        null,
      ),
    ],
    cautions: [
      'Each take-over waits half a second for its locks and gives up where it does not get them: run it again until it goes through. Running code notices nothing but a short wait.',
      `Old code goes on working after the take-over as long as the values fit \`${column.type}\`; deploy the code that knows \`${type}\` before they no longer do.`,
      'Code that names no columns (`SELECT *`, `INSERT` without a list) sees the second columns meanwhile, and other places of them afterwards.',
      ...(ctx.orm === 'prisma'
        ? [
            'Where a take-over gave up, tell Prisma before the next try: `npx prisma migrate resolve --rolled-back NAME`.',
          ]
        : []),
      ...(readers.length
        ? [
            `Views follow the old column when it is renamed: make \`${readers.join('`, `')}\` again in the transaction of the take-over.`,
          ]
        : []),
      ...targets.map(
        (t) =>
          `\`${t}\` is pointed at but has no unique key of its own that could be built again: look at its foreign keys by hand.`,
      ),
    ],
  }
}

function hidden(m: Member, type: string, ctx: RecipeContext): string {
  const second: Column = {
    ...m.from,
    name: m.name,
    property: m.name,
    type,
    nullable: true,
    default: null,
    identity: null,
    declared: [],
  }
  if (ctx.orm === 'prisma')
    return `+ ${prismaField(second, m.name, ' @ignore')}   // kept equal to ${m.from.name} by a trigger`
  if (ctx.orm === 'drizzle')
    return `+ ${drizzleField(second, m.name)} // kept equal to ${m.from.name} by a trigger, not used`
  return `+ ${m.name}: kept equal to ${m.from.name} by a trigger, not used`
}

function gone(m: Member, type: string, ctx: RecipeContext): string {
  const now: Column = { ...m.from, type }
  if (ctx.orm === 'prisma')
    return `- ${prismaField({ ...m.from, type, name: m.name, nullable: true }, m.name, ' @ignore')}\n- ${prismaField(m.from)}\n+ ${prismaField(now)}   // the client gives ${type === 'bigint' ? 'BigInt' : 'Int'} values from now on`
  if (ctx.orm === 'drizzle')
    return `- ${drizzleField({ ...m.from, type, name: m.name, nullable: true }, m.name)}\n- ${drizzleField(m.from)}\n+ ${drizzleField(now).replace("mode: 'bigint'", "mode: 'number'")}`
  return `  ${m.from.name} is ${type} from now on`
}

function jobOf({ table, members }: Swapped, ctx: RecipeContext): BackfillJob {
  const name = quoteKey(table.key, ctx.defaultSchema)
  const differ = members.map((m) => `${quoteIdent(m.name)} IS DISTINCT FROM ${quoteIdent(m.from.name)}`).join(' OR ')
  return {
    ...plainUpdate,
    obstacle: walkingKey(table).length ? null : noKey(table),
    name: jobNameOf(nameOf(table.key), members[0]?.name ?? 'key'),
    table: table.key,
    place: ctx.place,
    reason: `Rows of \`${table.name}\` that were written before the trigger was there get \`${members.map((m) => m.name).join('`, `')}\`.`,
    key: walkingKey(table),
    target: name,
    alias: nameOf(table.key),
    set: members.map((m) => `${quoteIdent(m.name)} = ${quoteIdent(m.from.name)}`).join(', '),
    from: null,
    where: differ,
    verify: `SELECT count(*) AS rows_left FROM ${name} WHERE ${differ}`,
    valueKnown: true,
  }
}
