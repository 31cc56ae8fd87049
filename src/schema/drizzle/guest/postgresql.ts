import * as module from 'drizzle-orm/pg-core'
import { start } from './main.ts'

start({
  dialect: 'postgresql',
  name: 'drizzle-orm/pg-core',
  module,
  tableConfig: (table) => module.getTableConfig(table as never),
  viewConfig: (view) => module.getViewConfig(view as never),
  materializedConfig: (view) => module.getMaterializedViewConfig(view as never),
  printer: (casing) => new module.PgDialect(casing ? { casing } : {}),
})
