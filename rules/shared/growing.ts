import type { Table } from '../../src/schema/model.ts'
import { singular, snake } from './names.ts'

const kinds = new Set(
  'event log audit activity visit request session token notification message metric measurement reading history delivery'.split(
    ' ',
  ),
)

/** The time by which rows come, of a table whose name says that it gets one for everything that happens; null for any other. */
export function growsWithTime(table: Table): string | null {
  if (table.persistence === 'temporary' || !kinds.has(singular(snake(table.name).split('_').at(-1) ?? ''))) return null
  return (
    table.columns.find(
      ({ name, type, nullable }) =>
        !nullable &&
        type?.startsWith('timestamp') === true &&
        /^(?:at|time|timestamp|ts)$|^(?:created|occurred|happened|logged|recorded|received|sent|started)(?:_?(?:at|on))?$/.test(
          snake(name),
        ),
    )?.name ?? null
  )
}
