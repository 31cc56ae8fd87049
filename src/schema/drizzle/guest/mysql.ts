import * as module from 'drizzle-orm/mysql-core'
import { start } from './main.ts'

start({
  dialect: 'mysql',
  name: 'drizzle-orm/mysql-core',
  module,
  tableConfig: (table) => module.getTableConfig(table as never),
  viewConfig: (view) => module.getViewConfig(view as never),
  materializedConfig: () => null,
  printer: (casing) => new module.MySqlDialect(casing ? { casing } : {}),
})
