import { Probot } from 'probot'
import type { BlobCache } from '../../src/github/context.ts'
import type { Client, Place } from '../../src/github/client.ts'
import { AppOctokit } from '../../src/github/server/octokit.ts'
import type { StandIn } from '../github/stand-in.ts'

/** A repository of the stand-in with the client that the server would use; `prefix` stands before the paths of the API. */
export async function placeOf(github: StandIn, repo: string, prefix = ''): Promise<Place> {
  const probot = new Probot({
    appId: github.world.app.id,
    privateKey: github.privateKey,
    secret: 'not used in this test',
    baseUrl: `${github.url}${prefix}`,
    logLevel: 'fatal',
    Octokit: AppOctokit,
  })
  const client = (await probot.auth(github.world.installation.id)) as unknown as Client
  return { client, owner: 'octo-org', repo }
}

/** A cache as the store is one, to look into. */
export function memoryCache(): BlobCache & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    readBlobs: async (oids) => new Map([...kept].filter(([oid]) => oids.includes(oid))),
    lacking: async (oids) => new Set(oids.filter((oid) => !kept.has(oid))),
    async keepBlobs(blobs) {
      for (const [oid, text] of blobs) kept.set(oid, text)
    },
  }
}
