const schemaPath =
  /\.(?:sql|prisma)$|(?:^|\/)(?:prisma|drizzle|migrations?|db|database|schema|sql)\/|schema[^/]*\.[cm]?[jt]s$|^\.github\/schemagate/i

/** False for a path that is none of a schema, of migrations or of what a review obeys, as far as its name tells. */
export function mayTouchSchema(path: string): boolean {
  return schemaPath.test(path)
}
