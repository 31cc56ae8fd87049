export { drizzlePaths, isDrizzleConfig, readDrizzleConfig } from './drizzle/config.ts'
export type { DrizzleConfig, DrizzlePaths } from './drizzle/config.ts'
export { readDrizzleFolders, readDrizzleJournal } from './drizzle/journal.ts'
export type { DrizzleJournal, JournalEntry } from './drizzle/journal.ts'
