import type { Config } from '../../config.ts'
import { statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import { openCommands } from './commands.ts'
import type { CommandName } from './commands.ts'

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

const rank: Readonly<Record<Role, number>> = { admin: 5, maintain: 4, write: 3, triage: 2, read: 1, none: 0 }

/** Looks up what people may do, each person once. */
export interface Permissions {
  roleOf(login: string): Promise<Role>
  isInTeam(login: string, teams: readonly string[]): Promise<boolean>
}

export function permissionsIn({ client, owner, repo }: Place): Permissions {
  const roles = new Map<string, Promise<Role>>()
  const memberships = new Map<string, Promise<boolean>>()
  return {
    roleOf(login) {
      const known =
        roles.get(login) ??
        client.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username: login }).then(
          // A custom role has a name of its own; `permission` says which of the basic ones it comes down to.
          ({ data }) =>
            (data.role_name in rank ? data.role_name : data.permission in rank ? data.permission : 'none') as Role,
          (error: unknown) => {
            if (statusOf(error) === 404) return 'none' as const
            throw error
          },
        )
      roles.set(login, known)
      return known
    },
    async isInTeam(login, teams) {
      const found = await Promise.all(
        teams.map((team) => {
          const [org = owner, slug = team] = team.includes('/') ? team.split('/') : [owner, team]
          const key = `${login} ${org}/${slug}`
          const known =
            memberships.get(key) ??
            client
              .request('GET /orgs/{org}/teams/{team_slug}/memberships/{username}', {
                org,
                team_slug: slug,
                username: login,
              })
              .then(
                ({ data }) => data.state === 'active',
                (error: unknown) => {
                  if (statusOf(error) === 404 || statusOf(error) === 403) return false
                  throw error
                },
              )
          memberships.set(key, known)
          return known
        }),
      )
      return found.some(Boolean)
    },
  }
}

/** Why somebody may not give one of the open commands; null where they may. */
export async function refusalToAsk(login: string, author: string, permissions: Permissions): Promise<string | null> {
  if (login.toLowerCase() === author.toLowerCase() || rank[await permissions.roleOf(login)] >= rank.triage) return null
  return 'that takes the right to triage here'
}

/** Why somebody may not give a command; null where they may. */
export async function refusal(
  command: CommandName,
  login: string,
  author: string,
  permissions: Permissions,
  settings: Config['approvals'],
): Promise<string | null> {
  if (openCommands.has(command)) return refusalToAsk(login, author, permissions)
  const isAuthor = login.toLowerCase() === author.toLowerCase()
  const decides = command === 'approve' || command === 'unapprove' || command === 'ignore'
  if (isAuthor && !settings.author)
    return decides
      ? 'somebody else than the author has to do that (`approvals: { author: true }` in `.github/schemagate.yml` changes it)'
      : 'somebody else than the author has to do that'
  const needed = decides ? settings.permission : 'write'
  if (decides && settings.teams.length > 0) {
    return (await permissions.isInTeam(login, settings.teams))
      ? null
      : `that takes a member of ${settings.teams.map((t) => `\`${t}\``).join(' or ')}`
  }
  return rank[await permissions.roleOf(login)] >= rank[needed] ? null : `that takes the right to ${needed} here`
}
