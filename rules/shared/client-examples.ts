/** A Prisma project without tables, for examples of how a client is set up. */
export const bareProject = {
  given: `create table users (id text primary key, email text not null unique, name text);`,
} as const
