import { index, integer, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core'

export const userAccounts = pgTable(
  'user_accounts',
  {
    accountId: integer().primaryKey(),
    emailAddress: text().notNull().unique(),
    HTTPStatus: integer(),
    given: text('Given Name'),
  },
  (t) => [index().on(t.emailAddress, t.HTTPStatus), unique().on(t.HTTPStatus, t.given)],
)

export const loginTokens = pgTable(
  'login_tokens',
  {
    tokenId: integer(),
    userAccount: integer().references(() => userAccounts.accountId),
  },
  (t) => [primaryKey({ columns: [t.tokenId, t.userAccount] })],
)
