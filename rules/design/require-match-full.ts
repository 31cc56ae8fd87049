import type { Rule } from '../../src/engine/rule.ts'
import { newForeignKeys } from '../shared/foreign-keys.ts'
import { idents, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-match-full',
  severity: 'info',
  summary: 'A foreign key of several columns is not checked for a row in which one of them is NULL.',
  why: `With MATCH SIMPLE, which is the default, one NULL among the columns is enough and the others may hold anything: a half-filled reference to a row that does not exist
    is stored, and its row is not found when the parent is deleted. MATCH FULL takes all columns or none.`,
  fix: 'Say MATCH FULL, make the columns NOT NULL, or add a CHECK that all are there or none.',
  references: ['https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-PARMS-REFERENCES'],
  sources: [],
  bad: [
    {
      given: `create table parts (maker bigint, number bigint, primary key (maker, number));`,
      sql: `
        create table uses (id bigint generated always as identity primary key, maker bigint, number bigint, foreign key (maker, number) references parts (maker, number) on delete cascade);
        create index on uses (maker, number);`,
      message: 'A row of `uses` with `maker` or `number` empty is not checked',
    },
    {
      given: `CREATE TABLE "Part" ("maker" BIGINT NOT NULL, "number" BIGINT NOT NULL, CONSTRAINT "Part_pkey" PRIMARY KEY ("maker", "number"));`,
      prisma: {
        before: 'model Part {\n  maker BigInt\n  number BigInt\n\n  @@id([maker, number])\n}\n',
        after: `
          model Part {
            maker  BigInt
            number BigInt
            uses   Use[]

            @@id([maker, number])
          }

          model Use {
            id     BigInt @id
            maker  BigInt?
            number BigInt?
            part   Part?  @relation(fields: [maker, number], references: [maker, number])

            @@index([maker, number])
          }`,
      },
      sql: `
        CREATE TABLE "Use" ("id" BIGINT NOT NULL, "maker" BIGINT, "number" BIGINT, CONSTRAINT "Use_pkey" PRIMARY KEY ("id"));
        CREATE INDEX "Use_maker_number_idx" ON "Use"("maker", "number");
        ALTER TABLE "Use" ADD CONSTRAINT "Use_maker_number_fkey" FOREIGN KEY ("maker", "number") REFERENCES "Part"("maker", "number") ON DELETE SET NULL ON UPDATE CASCADE;`,
    },
  ],
  good: [
    {
      given: `create table parts (maker bigint, number bigint, primary key (maker, number));`,
      sql: `
        create table uses (id bigint generated always as identity primary key, maker bigint, number bigint, foreign key (maker, number) references parts (maker, number) match full on delete cascade);
        create index on uses (maker, number);`,
    },
    {
      title: 'The tenant is always there, the other one may be missing.',
      given: `create table projects (org_id bigint, id bigint, primary key (org_id, id));`,
      sql: `
        create table tasks (id bigint generated always as identity primary key, org_id bigint not null, project_id bigint, foreign key (org_id, project_id) references projects (org_id, id) on delete cascade);
        create index on tasks (org_id, project_id);`,
    },
    {
      title: 'A CHECK says it.',
      given: `create table parts (maker bigint, number bigint, primary key (maker, number));`,
      sql: `
        create table uses (
          id bigint generated always as identity primary key, maker bigint, number bigint, check (num_nulls(maker, number) in (0, 2)), foreign key (maker, number) references parts (maker, number) on delete cascade);
        create index on uses (maker, number);`,
    },
  ],
  visit: newForeignKeys(({ columns, match }, table, ctx) => {
    const now = ctx.after.tables.get(table)
    const empty = columns.filter((name) => now?.columns.find((column) => column.name === name)?.nullable)
    // With one that may be empty, the usual shape is a tenant that is always there, which MATCH FULL would refuse.
    if (!now || match !== 'simple' || empty.length < 2) return null
    if (now.checks.some(({ expression }) => empty.every((name) => expression.split(/[^\w$]+/).includes(name))))
      return null
    return {
      message: `A row of \`${ctx.name(table)}\` with ${empty.map((name) => `\`${name}\``).join(' or ')} empty is not checked: the others may name a row that is not there.`,
      help: `Take all of them or none${ctx.project.orm === null ? ', with `MATCH FULL` after the references or with a CHECK' : ''}:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ADD CHECK (num_nulls(${idents(empty)}) IN (0, ${empty.length}))${ctx.isNew(table) ? '' : ' NOT VALID'};`)}`,
    }
  }),
} satisfies Rule
