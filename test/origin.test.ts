import { beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import { changeSetOf, memoryTree } from '../src/changeset/memory.ts'
import { defaultConfig } from '../src/config.ts'
import { review } from '../src/review.ts'
import { loadParser } from '../src/sql/parser.ts'

beforeAll(() => loadParser())

const sqlSchema = `-- Example: Multi-tenant SaaS schema
CREATE TABLE organizations (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  name TEXT NOT NULL,
  created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE users (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id UUID REFERENCES organizations(id) ON DELETE CASCADE,
  email TEXT UNIQUE NOT NULL,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL DEFAULT 'member',
  created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE INDEX idx_users_org ON users(org_id);
CREATE INDEX idx_users_email ON users(email);
`

const prismaModel = `model User {
  id        String   @id @default(uuid())
  email     String   @unique
  org       Organization @relation(fields: [orgId], references: [id])
  orgId     String
  posts     Post[]
  createdAt DateTime @default(now())
  
  @@index([orgId])
}
`

const prismaSchema = `datasource db {
  provider = "postgresql"
}

generator client {
  provider = "prisma-client-js"
}

${prismaModel}
model Organization {
  id    String @id @default(uuid())
  name  String
  users User[]
}

model Post {
  id       String @id @default(uuid())
  title    String
  author   User   @relation(fields: [authorId], references: [id])
  authorId String

  @@index([authorId])
}
`

const prismaMigration = `-- CreateTable
CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "orgId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Organization" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "Organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Post" (
    "id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "authorId" TEXT NOT NULL,

    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");

-- CreateIndex
CREATE INDEX "User_orgId_idx" ON "User"("orgId");

-- CreateIndex
CREATE INDEX "Post_authorId_idx" ON "Post"("authorId");

-- AddForeignKey
ALTER TABLE "User" ADD CONSTRAINT "User_orgId_fkey" FOREIGN KEY ("orgId") REFERENCES "Organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
`

const drizzleSchema = `import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

export const organizations = pgTable('organizations', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: text('name').notNull(),
})

export const users = pgTable('users', {
  id: uuid('id').primaryKey().defaultRandom(),
  email: text('email').unique().notNull(),
  orgId: uuid('org_id').references(() => organizations.id),
  createdAt: timestamp('created_at').defaultNow(),
}, (table) => ({
  orgIdx: index('idx_users_org').on(table.orgId),
}));
`

const drizzleMigration = `CREATE TABLE "organizations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"email" text NOT NULL,
	"org_id" uuid,
	"created_at" timestamp DEFAULT now(),
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_users_org" ON "users" USING btree ("org_id");
`

const journal = JSON.stringify({
  version: '7',
  dialect: 'postgresql',
  entries: [{ idx: 0, version: '7', when: 1_750_000_000_000, tag: '0000_first', breakpoints: true }],
})

const schemaGroups = new Set(['design', 'indexes', 'access'])

/** The findings of a pull request that adds these files to a repository that has none of them. */
async function firstDatabase(files: Readonly<Record<string, string>>) {
  const fixed = { 'README.md': 'An application' }
  const changeSet = await changeSetOf(memoryTree(fixed, 'base'), memoryTree({ ...fixed, ...files }, 'head'))
  const report = await review(changeSet, {
    rules: catalog,
    settings: { config: { ...defaultConfig, postgres: 16 }, notes: [] },
    rehearse: false,
    today: '2026-01-01',
  })
  expect(report.notes.filter((note) => note.blocking)).toEqual([])
  return report.findings
}

describe('a pull request that sets up the first database', () => {
  it('has one warning in SQL, and information about the role', async () => {
    const findings = await firstDatabase({ 'db/migrations/0001_first.sql': sqlSchema })
    expect(
      findings
        .filter((finding) => finding.severity !== 'info')
        .map((finding) => [finding.severity, finding.rule, finding.place.line]),
    ).toEqual([['warning', 'no-redundant-index', 18]])
    expect(findings[0]?.message).toContain('`idx_users_email` is redundant')
    expect(findings.filter((finding) => finding.severity === 'info').map((finding) => finding.object)).toEqual([
      'public.users.role',
    ])
    expect(findings.filter((finding) => finding.message.includes('password_hash'))).toEqual([])
    expect(findings.filter((finding) => !schemaGroups.has(finding.group))).toEqual([])
  })

  it('has no warning in Prisma', async () => {
    const findings = await firstDatabase({
      'package.json': '{"dependencies":{"prisma":"6.16.0"}}',
      'prisma/schema.prisma': prismaSchema,
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
      'prisma/migrations/20260101000000_first/migration.sql': prismaMigration,
    })
    expect(findings.filter((finding) => finding.severity !== 'info')).toEqual([])
    expect(findings.filter((finding) => !schemaGroups.has(finding.group))).toEqual([])
    expect(new Set(findings.map((finding) => finding.place.path))).toEqual(new Set(['prisma/schema.prisma']))
  })

  it('has no warning in Drizzle', async () => {
    const findings = await firstDatabase({
      'package.json': '{"dependencies":{"drizzle-orm":"0.45.4"}}',
      'drizzle.config.ts': `export default { dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' }\n`,
      'src/schema.ts': drizzleSchema,
      'drizzle/0000_first.sql': drizzleMigration,
      'drizzle/meta/_journal.json': journal,
    })
    expect(findings.filter((finding) => finding.severity !== 'info')).toEqual([])
    expect(findings.filter((finding) => !schemaGroups.has(finding.group))).toEqual([])
    expect(new Set(findings.map((finding) => finding.place.path))).toEqual(new Set(['src/schema.ts']))
  })
})
