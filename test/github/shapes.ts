import type { RawFile } from './git.ts'
import type { JsonObject } from './openapi.ts'
import { botOf } from './world.ts'
import type { CheckRun, Comment, Pull, Repository, User, World } from './world.ts'

const permissionsOf = { admin: 5, maintain: 4, write: 3, triage: 2, read: 1, none: 0 } as const

export function userShape(user: User): JsonObject {
  return {
    login: user.login,
    id: user.id,
    node_id: `U_${user.id}`,
    type: user.type,
    site_admin: false,
    html_url: `https://github.test/${user.login}`,
  }
}

export function repositoryShape(world: World, repository: Repository): JsonObject {
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    owner: { ...userShape({ login: repository.owner, id: 1, type: 'Organization' }) },
    private: false,
    default_branch: repository.defaultBranch,
    html_url: `https://github.test/${repository.owner}/${repository.name}`,
    custom_properties: {},
  }
}

export function pullNodeId(repository: Repository, pull: Pull): string {
  return `PR_${repository.id}_${pull.number}`
}

export function pullShape(world: World, repository: Repository, pull: Pull, baseSha: string): JsonObject {
  const repo = repositoryShape(world, repository)
  const headRepo = pull.fork
    ? { ...repo, id: repository.id + 100_000, full_name: `${pull.author.login}/${repository.name}`, fork: true }
    : repo
  return {
    id: repository.id * 1000 + pull.number,
    node_id: pullNodeId(repository, pull),
    number: pull.number,
    state: pull.state,
    title: pull.title,
    draft: pull.draft,
    merged: pull.merged,
    user: userShape(pull.author),
    labels: pull.labels.map((name, i) => ({
      id: i + 1,
      node_id: `L_${i}`,
      name,
      color: 'ededed',
      default: false,
      description: null,
      url: `https://github.test/labels/${name}`,
    })),
    head: {
      label: `${pull.author.login}:${pull.headRef}`,
      ref: pull.headRef,
      sha: pull.headSha,
      repo: headRepo,
      user: userShape(pull.author),
    },
    base: { label: `${repository.owner}:${pull.baseRef}`, ref: pull.baseRef, sha: baseSha, repo, user: repo['owner'] },
    created_at: '2026-11-01T12:00:00Z',
    updated_at: world.now(),
    body: null,
    active_lock_reason: null,
    auto_merge: null,
    author_association: 'CONTRIBUTOR',
    closed_at: null,
    merge_commit_sha: null,
    merged_at: null,
    milestone: null,
  }
}

export function fileShape(world: World, file: RawFile): JsonObject {
  const patch =
    file.patch !== null && file.patch !== '' && file.patch.length <= world.limits.patchBytes
      ? { patch: file.patch }
      : {}
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
    ...patch,
  }
}

export function runShape(world: World, run: CheckRun, repository: Repository): JsonObject {
  const pulls = [...repository.pulls.values()].filter((p) => p.headSha === run.headSha && !p.fork)
  return {
    id: run.id,
    node_id: `CR_${run.id}`,
    head_sha: run.headSha,
    name: run.name,
    external_id: run.externalId,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: 'https://github.test/annotations',
    },
    check_suite: { id: 7 },
    app: appShape(world),
    pull_requests: pulls.map((p) => ({
      id: p.number,
      number: p.number,
      url: 'https://github.test/',
      head: {
        ref: p.headRef,
        sha: p.headSha,
        repo: { id: repository.id, name: repository.name, url: 'https://github.test/' },
      },
      base: {
        ref: p.baseRef,
        sha: p.headSha,
        repo: { id: repository.id, name: repository.name, url: 'https://github.test/' },
      },
    })),
  }
}

export function appShape(world: World): JsonObject {
  return {
    id: world.app.id,
    slug: world.app.slug,
    node_id: `A_${world.app.id}`,
    name: 'Schemagate',
    owner: userShape({ login: 'octo-org', id: 1, type: 'Organization' }),
    permissions: world.app.permissions,
    events: [],
  }
}

export function commentShape(world: World, comment: Comment): JsonObject {
  const common = {
    id: comment.id,
    node_id: `${comment.thread === null ? 'IC' : 'PRRC'}_${comment.id}`,
    user: userShape(comment.author),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.editedAt ?? comment.createdAt,
    author_association: 'CONTRIBUTOR',
    performed_via_github_app: comment.author.id === botOf(world).id ? appShape(world) : null,
  }
  const { thread } = comment
  if (thread === null) return common
  return {
    ...common,
    path: thread.path,
    ...(thread.line === null ? {} : { line: thread.line }),
    start_line: thread.startLine,
    side: thread.side,
    original_line: thread.originalLine,
    commit_id: thread.commit,
    original_commit_id: thread.commit,
    diff_hunk: '@@',
    pull_request_review_id: 1,
    in_reply_to_id: thread.comments[0] === comment ? undefined : thread.comments[0]?.id,
  }
}

/** The answer of the collaborator-permission operation. */
export function permissionShape(repository: Repository, user: User): JsonObject {
  const role = repository.roles.get(user.login) ?? 'read'
  const level = permissionsOf[role]
  return {
    permission: level === 5 ? 'admin' : level >= 3 ? 'write' : level >= 1 ? 'read' : 'none',
    role_name: role,
    user: {
      ...userShape(user),
      permissions: { pull: level >= 1, triage: level >= 2, push: level >= 3, maintain: level >= 4, admin: level === 5 },
    },
  }
}
