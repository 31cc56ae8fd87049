import * as module from 'drizzle-orm/sqlite-core'
import { start } from './main.ts'

start({
  dialect: 'sqlite',
  name: 'drizzle-orm/sqlite-core',
  module,
  tableConfig: (table) => module.getTableConfig(table as never),
  viewConfig: (view) => module.getViewConfig(view as never),
  materializedConfig: () => null,
  printer: (casing) => new module.SQLiteSyncDialect(casing ? { casing } : {}),
})
