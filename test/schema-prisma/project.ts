import { readPrismaSchema } from '../../src/schema/prisma.ts'
import type { PrismaSchema } from '../../src/schema/prisma.ts'
import type { Dialect } from '../../src/schema/dialect.ts'
import type { Project } from '../../src/project/project.ts'

/** A Prisma project that holds nothing but its schema. */
export function prismaProject(dialect: Dialect = 'postgresql', version: string | null = null): Project {
  return {
    root: '',
    name: '.',
    orm: 'prisma',
    dialect,
    runner: { name: 'prisma', version },
    schemaFiles: [],
    migrations: null,
    evidence: 'prisma/schema.prisma',
    settings: {},
  }
}

/** Reads a schema that stands in one file, or in several by path. A datasource is added where there is none. */
export function readSchema(
  text: string | Readonly<Record<string, string>>,
  project: Project = prismaProject(),
): Promise<PrismaSchema> {
  return readPrismaSchema(filesOf(text, project.dialect), project)
}

/** The files of a test schema by path. */
export function filesOf(
  text: string | Readonly<Record<string, string>>,
  dialect: Dialect = 'postgresql',
): ReadonlyMap<string, string> {
  if (typeof text !== 'string') return new Map(Object.entries(text))
  const datasource = text.includes('datasource ') ? '' : `\ndatasource db {\n  provider = "${dialect}"\n}\n`
  return new Map([['schema.prisma', text + datasource]])
}
