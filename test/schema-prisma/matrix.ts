/** Small schemas, each about one thing; all of them are PostgreSQL. The datasource is added where a text has none. */
export const matrix: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  'every scalar type': `
model Everything {
  id  Int      @id
  s   String
  b   Boolean
  i   Int
  big BigInt
  f   Float
  d   Decimal
  t   DateTime
  j   Json
  by  Bytes
  so  String?
  bo  Boolean?
  io  Int?
  jo  Json?
}`,
  lists: `
model Lists {
  id Int        @id
  s  String[]
  i  Int[]      @default([1, 2, 3])
  v  String[]   @default(["a", "it's", "with \\"quotes\\"", ""]) @db.VarChar(20)
  d  DateTime[] @db.Timestamptz(6)
  e  Colour[]   @default([RED, BLUE])
  n  Decimal[]  @db.Decimal(10, 2)
  x  Int[]      @default([])
  f  Float[]    @default([1.5, 2])
  b  Boolean[]  @default([true, false])
  j  Json[]
}
enum Colour {
  RED
  BLUE
}`,
  'every native type': `
model Native {
  id   Int      @id @db.SmallInt
  t    String   @db.Text
  vc   String   @db.VarChar(255)
  vcn  String   @db.VarChar
  c    String   @db.Char(3)
  c1   String   @db.Char
  bit  String   @db.Bit(4)
  vb   String   @db.VarBit(8)
  vbn  String   @db.VarBit
  u    String   @db.Uuid
  x    String   @db.Xml
  ip   String   @db.Inet
  oid  Int      @db.Oid
  big  BigInt   @db.BigInt
  r    Float    @db.Real
  dp   Float    @db.DoublePrecision
  dec  Decimal  @db.Decimal(65, 30)
  dec2 Decimal  @db.Decimal(12, 2)
  m    Decimal  @db.Money
  ts   DateTime @db.Timestamp(6)
  ts0  DateTime @db.Timestamp(0)
  tsn  DateTime @db.Timestamp
  tz   DateTime @db.Timestamptz
  tz3  DateTime @db.Timestamptz(3)
  da   DateTime @db.Date
  ti   DateTime @db.Time(3)
  tin  DateTime @db.Time
  titz DateTime @db.Timetz(6)
  j    Json     @db.Json
  jb   Json     @db.JsonB
  by   Bytes    @db.ByteA
}`,
  'defaults of the database': `
model Defaults {
  id   Int      @id @default(autoincrement())
  s    String   @default("it's \\"quoted\\" \\\\ back")
  e    String   @default("")
  n    Int      @default(-5)
  big  BigInt   @default(9007199254740993)
  f    Float    @default(1.50)
  fi   Float    @default(3)
  d    Decimal  @default(12.30)
  d2   Decimal  @default(-0.5) @db.Decimal(6, 2)
  b    Boolean  @default(true)
  t    DateTime @default(now())
  tz   DateTime @default(now()) @db.Timestamptz(6)
  da   DateTime @default(now()) @db.Date
  ti   DateTime @default(now()) @db.Time(0)
  fix  DateTime @default("2020-02-29T12:30:00.123Z")
  ftz  DateTime @default("2020-02-29T12:30:00Z") @db.Timestamptz(6)
  j    Json     @default("{\\"a\\": [1, null]}")
  jj   Json     @default("[]") @db.Json
  by   Bytes    @default("aGVsbG8=")
  r    Role     @default(ADMIN)
  rn   Role?    @default(USER)
  c    String   @default("x") @db.Char(4)
  v    String   @default("abc") @db.VarChar(10)
  si   Int      @default(7) @db.SmallInt
  re   Float    @default(2.25) @db.Real
  u    String   @default("6ba7b810-9dad-11d1-80b4-00c04fd430c8") @db.Uuid
  ip   String   @default("10.0.0.1") @db.Inet
}
enum Role {
  USER  @map("user")
  ADMIN @map("the admin")
}`,
  'defaults of the client': `
model Client {
  id String   @id @default(cuid())
  u  String   @default(uuid())
  u7 String   @default(uuid(7)) @db.Uuid
  n  String   @default(nanoid(12))
  l  String   @default(ulid())
  a  DateTime @updatedAt
  b  DateTime @default(now()) @updatedAt
}`,
  dbgenerated: `
model Generated {
  id  String   @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  a   Int      @default(dbgenerated("floor(random() * 100)::int"))
  t   DateTime @default(dbgenerated("now() + interval '1 day'")) @db.Timestamptz(6)
  s   String   @default(dbgenerated("'x' || 'y'"))
  u   String   @default(dbgenerated("upper('a'::text)"))
  j   Json     @default(dbgenerated("'{}'::jsonb"))
  n   String   @default(dbgenerated())
  l   String[] @default(dbgenerated("'{}'::text[]"))
  arr String[] @default(dbgenerated("ARRAY['a'::text]"))
}`,
  counters: `
model A {
  id Int    @id @default(autoincrement())
  b  BigInt @unique @default(autoincrement())
  s  Int    @default(autoincrement()) @db.SmallInt
}
model LongNamedModelThatGoesOnAndOnAndOnAndOnAndOnAndOnAndOn {
  aVeryLongFieldNameThatGoesOnAndOnAndOnAndOn Int @id @default(autoincrement())
}`,
  'names that are mapped': `
model User {
  id      Int    @id(map: "the user key") @map("user_id")
  email   String @unique(map: "one_email") @map("e-mail")
  orgId   Int    @map("org")
  org     Org    @relation(fields: [orgId], references: [id], map: "to_org", onDelete: Cascade, onUpdate: NoAction)
  role    Role   @default(ADMIN)
  @@index([orgId, email], map: "Some Index")
  @@unique([orgId, role], name: "client_name", map: "db_name")
  @@map("the users")
}
model Org {
  id    Int    @id
  users User[]
  @@map("Select")
}
enum Role {
  ADMIN @map("admin")
  USER
  @@map("user_role")
}`,
  'composite keys': `
model Membership {
  userId Int    @map("user_id")
  orgId  Int    @map("org_id")
  seats  Seat[]
  @@id([userId, orgId])
  @@unique([orgId, userId])
}
model Seat {
  id     Int        @id
  user   Int?
  org    Int?
  member Membership? @relation(fields: [user, org], references: [userId, orgId])
  @@index([user, org])
}`,
  'referential actions': `
model Parent {
  id Int  @id
  a  A[]
  b  B[]
  c  C[]
  d  D[]
  e  E[]
}
model A {
  id Int    @id
  p  Int
  r  Parent @relation(fields: [p], references: [id])
}
model B {
  id Int     @id
  p  Int?
  r  Parent? @relation(fields: [p], references: [id])
}
model C {
  id Int    @id
  p  Int    @default(1)
  r  Parent @relation(fields: [p], references: [id], onDelete: SetDefault, onUpdate: SetDefault)
}
model D {
  id Int    @id
  p  Int
  r  Parent @relation(fields: [p], references: [id], onDelete: NoAction, onUpdate: Restrict)
}
model E {
  id Int     @id
  p  Int?
  r  Parent? @relation(fields: [p], references: [id], onDelete: SetNull, onUpdate: Cascade)
}`,
  'self relations and one to one': `
model Node {
  id       Int    @id
  parentId Int?
  parent   Node?  @relation("tree", fields: [parentId], references: [id], onDelete: NoAction, onUpdate: NoAction)
  children Node[] @relation("tree")
  nextId   Int?   @unique
  next     Node?  @relation("list", fields: [nextId], references: [id])
  previous Node?  @relation("list")
}`,
  'implicit many to many': `
model Post {
  id       Int    @id
  tags     Tag[]
  authors  User[] @relation("writes")
}
model Tag {
  name  String @id @db.VarChar(40)
  posts Post[]
}
model User {
  id        String @id @default(uuid()) @db.Uuid
  posts     Post[] @relation("writes")
  followers User[] @relation("follows")
  following User[] @relation("follows")
}`,
  indexes: `
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["postgresqlExtensions"]
}
datasource db {
  provider   = "postgresql"
  extensions = [pg_trgm]
}
model Doc {
  id    Int    @id
  title String
  body  String
  tags  String[]
  data  Json
  ip    String @db.Inet
  at    DateTime
  @@index([title])
  @@index([title, body(sort: Desc)])
  @@index([at], type: Brin)
  @@index([at(sort: Desc)], map: "doc_latest")
  @@index([tags], type: Gin)
  @@index([data(ops: JsonbPathOps)], type: Gin, map: "doc_data")
  @@index([data], type: Gin, map: "doc_data_2")
  @@index([title], type: Hash, map: "doc_hash")
  @@index([ip(ops: InetOps)], type: Gist)
  @@index([title(ops: raw("text_pattern_ops"))], map: "doc_like")
  @@index([title(ops: raw("gin_trgm_ops"))], type: Gin, map: "doc_trgm")
  @@unique([title(sort: Desc), at])
}`,
  'names longer than Postgres takes': `
model AModelWithANameThatIsSoLongThatItsConstraintsHaveToBeCutOffX {
  id                                 Int  @id
  aFieldWithALongName                Int
  anotherFieldWithAnEvenLongerName   Int  @unique
  @@index([aFieldWithALongName, anotherFieldWithAnEvenLongerName])
  @@index([anotherFieldWithAnEvenLongerName, aFieldWithALongName], map: "short")
}
model Size {
  id   Int @id
  wert Int @unique @map("größe")
  @@map("überlängeüberlängeüberlängeüberlängeüberlänge")
}`,
  'several schemas': `
datasource db {
  provider = "postgresql"
  schemas  = ["auth", "public", "Shop Floor"]
}
model User {
  id     Int     @id @default(autoincrement())
  role   Role    @default(A)
  orders Order[]
  pals   User[]  @relation("pals")
  palsOf User[]  @relation("pals")
  @@schema("auth")
}
model Order {
  id     Int  @id
  userId Int
  user   User @relation(fields: [userId], references: [id])
  @@index([userId])
  @@schema("Shop Floor")
}
model Plain {
  id Int @id
  @@schema("public")
}
enum Role {
  A
  B
  @@schema("auth")
}`,
  'ignored models and fields': `
model Old {
  id   Int    @id
  gone String @default("x") @ignore
}
model Older {
  a Int
  b String?
  @@ignore
}`,
  'types that Prisma does not know': `
model Place {
  id   Int                          @id
  at   Unsupported("point")?
  box  Unsupported("box")
  ts   Unsupported("tsvector")?
  iv   Unsupported("interval")?     @default(dbgenerated("'1 day'::interval"))
  r    Unsupported("int4range")
  many Unsupported("circle")[]
  @@index([ts], type: Gin)
}`,
  'relations that the client keeps': `
datasource db {
  provider     = "postgresql"
  url          = env("DATABASE_URL")
  relationMode = "prisma"
}
model User {
  id    Int    @id
  posts Post[]
  tags  Tag[]
}
model Post {
  id     Int  @id
  userId Int
  user   User @relation(fields: [userId], references: [id], onDelete: Cascade)
  @@index([userId])
}
model Tag {
  id    Int    @id
  users User[]
}`,
  'views are not tables': `
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["views", "metrics", "fullTextSearch"]
}
model User {
  id Int @id
}
view Summary {
  id    Int    @id
  total BigInt
  @@map("user_summary")
}`,
  'several files': {
    'prisma/schema/base.prisma':
      'generator client {\n  provider = "prisma-client-js"\n}\n\ndatasource db {\n  provider  = "postgresql"\n  url       = env("DATABASE_URL")\n  directUrl = env("DIRECT_URL")\n}\n',
    'prisma/schema/user.prisma': 'model User {\n  id    Int    @id\n  role  Role\n  posts Post[]\n}\n',
    'prisma/schema/blog/post.prisma':
      'model Post {\n  id     Int  @id\n  userId Int\n  user   User @relation(fields: [userId], references: [id])\n}\n\nenum Role {\n  READER\n  WRITER\n}\n',
  },
  extensions: `
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["postgresqlExtensions"]
}
datasource db {
  provider   = "postgresql"
  extensions = [citext, pg_trgm(map: "pg_trgm"), hstore]
}
model User {
  id    Int    @id
  email String @unique @db.Citext
  name  String @default("x") @db.Citext
  tags  Unsupported("hstore")?
}`,
  'partial indexes': `
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["partialIndexes"]
}
model User {
  id      Int       @id
  email   String
  deleted DateTime?
  active  Boolean
  @@unique([email], where: raw("deleted IS NULL"), map: "live_email")
  @@index([email], where: { active: true }, map: "active_email")
}`,
}
