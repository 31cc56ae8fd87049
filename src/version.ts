import packageJson from '../package.json' with { type: 'json' }

/** Version of this Schemagate, as published. */
export const version: string = packageJson.version
