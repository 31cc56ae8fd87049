import { fileShape } from '../shapes.ts'
import { Refusal } from '../world.ts'
import { page, repositoryIn } from './request.ts'
import type { Handlers, Needs } from './request.ts'

export const contentsNeeds = {
  'GET /repos/{owner}/{repo}/compare/{basehead}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': 'contents:read',
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': 'contents:read',
} satisfies Needs

/** Commits, trees and blobs. */
export const contents = {
  'GET /repos/{owner}/{repo}/compare/{basehead}': async (world, request) => {
    const repository = repositoryIn(world, request)
    const [from = '', to = ''] = (request.parameters['basehead'] ?? '').split('...')
    const { git } = repository
    const base = await git.resolve(from)
    const head = await git.resolve(to)
    if (base === null || head === null) throw new Refusal(404, 'Not Found')
    const mergeBase = await git.mergeBase(base, head)
    const first = Number(request.query['page'] ?? 1) === 1
    const commits = await git.log(mergeBase, head)
    const files = first ? (await git.diff(mergeBase, head)).slice(0, world.limits.compareFiles) : []
    const commit = async (sha: string) => ({
      sha,
      commit: { message: '', tree: { sha: await git.treeOf(sha), url: 'https://github.test/' } },
      parents: [],
    })
    return {
      status: 200,
      body: {
        base_commit: await commit(base),
        merge_base_commit: await commit(mergeBase),
        status: commits.length === 0 ? 'identical' : 'ahead',
        ahead_by: commits.length,
        behind_by: 0,
        total_commits: commits.length,
        commits: await Promise.all(page(commits, request.query).map((c) => commit(c.sha))),
        files: files.map((f) => fileShape(world, f)),
      },
    }
  },
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': async (world, request) => {
    const { git } = repositoryIn(world, request)
    const sha = request.parameters['tree_sha'] ?? ''
    const recursive = request.query['recursive'] !== undefined
    const entries = await git.entries(sha, recursive).catch(() => {
      throw new Refusal(404, 'Not Found')
    })
    const shown = entries.slice(0, world.limits.treeEntries)
    return {
      status: 200,
      body: {
        sha: await git.treeOf(sha).catch(() => sha),
        url: 'https://github.test/',
        truncated: shown.length < entries.length,
        tree: shown.map((e) => ({
          path: e.path,
          mode: e.mode,
          type: e.type,
          sha: e.sha,
          ...(e.size === null ? {} : { size: e.size }),
          url: 'https://github.test/',
        })),
      },
    }
  },
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': async (world, request) => {
    const sha = request.parameters['file_sha'] ?? ''
    const bytes = await repositoryIn(world, request)
      .git.blob(sha)
      .catch(() => {
        throw new Refusal(404, 'Not Found')
      })
    return {
      status: 200,
      body: {
        sha,
        node_id: `B_${sha}`,
        size: bytes.length,
        encoding: 'base64',
        content: bytes.toString('base64'),
        url: 'https://github.test/',
      },
    }
  },
} satisfies Handlers
