import type { Step } from '../../src/step.ts'
import type { Problem, Rule } from '../../src/engine/rule.ts'
import { placeOf } from '../../src/location.ts'

export default {
  id: 'no-personal-data',
  severity: 'warning',
  summary:
    'An address of a person in a migration or seed is in every clone of the repository, and no deletion reaches it.',
  why: `The history of a repository keeps what was in it, forks and laptops have copies, and a request for deletion cannot be fulfilled there. Test data needs no real
    person: example.com belongs to nobody and never receives mail.`,
  fix: 'Use addresses at example.com, and load real rows from outside the repository.',
  references: ['https://www.rfc-editor.org/rfc/rfc2606'],
  dialects: 'all',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint generated always as identity primary key, email text not null);`,
      sql: `insert into users (email) values ('maria.lopez82@gmail.com'), ('j.okafor@yahoo.com');`,
      message: 'the addresses of 2 people',
    },
    {
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `update users set email = 'maria.lopez82@gmail.com' where id = 7;`,
      message: 'the address of a person',
    },
  ],
  good: [
    {
      given: `create table users (id bigint generated always as identity primary key, email text not null);`,
      sql: `insert into users (email) values ('alice@example.com'), ('admin@acme.dev'), ('test@gmail.com'), ('john.doe@gmail.com');`,
    },
    {
      title: 'A text that names a provider.',
      given: `create table users (id bigint primary key, email text not null);`,
      sql: `update users set email = 'someone at gmail.com' where id = 7;`,
    },
  ],
  visit: {
    statement({ node, text }, ctx) {
      if (!('InsertStmt' in node) && !('UpdateStmt' in node) && !('CopyStmt' in node)) return null
      const people = new Set(
        [...text.matchAll(mailbox)].flatMap(([address, name = '']) =>
          invented.test(name) ? [] : [address.toLowerCase()],
        ),
      )
      const [first] = people
      return first === undefined ? null : said(people.size, text.toLowerCase().indexOf(first), first.length, ctx.step)
    },
  },
} satisfies Rule

/** Providers at which people have their own addresses. Every part is bounded, so that no text takes long. */
const mailbox =
  /(?<![\w.+-])([a-z0-9][\w.+-]{1,63})@(?:gmail|googlemail|yahoo|hotmail|outlook|live|icloud|me|aol|proton|protonmail|gmx|web|qq|163|126|mail|yandex|naver)\.(?:com|de|net|me|ru|fr|es|it|co\.uk|co\.jp|com\.br)\b/gi

/** Names that nobody has, or everybody. */
const invented =
  /(?:^|[._+-])(?:test\w*|demo\w*|example\w*|sample\w*|foo|bar|baz|user\d*|admin\d*|info|support|hello|contact|noreply|no-reply|bot|fake\w*|dummy\w*|john|jane|alice|bob|doe|smith|your\w*|my\w*|email|name|someone|somebody|customer\d*|client\d*|me|acme\w*|dev|qa|e2e\w*)(?:$|[._+\d-])/i

function said(count: number, at: number, length: number, { statement }: Step): Problem {
  const start = statement.start + Math.max(at, 0)
  return {
    anySize: true,
    place: placeOf(statement.file, start, start + length),
    message: `This writes ${count === 1 ? 'the address of a person' : `the addresses of ${count} people`} into the history of the repository.`,
  }
}
