const block = 512

/** An ordinary file of a tar archive. */
export interface TarFile {
  readonly path: string
  readonly content: Buffer
}

/**
 * Reads a tar archive as git writes it (ustar with pax headers for long names) while it arrives. Only files that `wants` names are
 * held in memory, one at a time. Throws where the archive is none, or ends early.
 */
export async function* tarFiles(
  chunks: AsyncIterable<Uint8Array>,
  wants: (path: string, size: number) => boolean,
): AsyncGenerator<TarFile> {
  const bytes = reader(chunks)
  let longName: string | null = null
  for (;;) {
    const header = await bytes.take(block)
    // Two blocks of zeros end an archive; what follows them is padding.
    if (header === null || header.every((byte) => byte === 0)) return
    const size = octal(header.subarray(124, 136))
    const type = String.fromCharCode(header[156] ?? 0)
    const padded = Math.ceil(size / block) * block
    if (type === 'x' || type === 'L') {
      const content = await bytes.need(padded)
      longName = type === 'L' ? textOf(content.subarray(0, size)) : (paxPath(content.subarray(0, size)) ?? longName)
      continue
    }
    const path = longName ?? nameOf(header)
    if (type !== 'g') longName = null
    if ((type === '0' || type === '\0') && wants(path, size))
      yield { path, content: (await bytes.need(padded)).subarray(0, size) }
    else await bytes.skip(padded)
  }
}

interface Reader {
  /** So many bytes; null at the end. */
  take(length: number): Promise<Buffer | null>
  need(length: number): Promise<Buffer>
  skip(length: number): Promise<void>
}

function reader(chunks: AsyncIterable<Uint8Array>): Reader {
  const source = chunks[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    const { done, value } = await source.next()
    if (done === true) return false
    rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return true
  }
  const ended = () => new Error('the archive ends early')
  const take = async (length: number): Promise<Buffer | null> => {
    const parts: Buffer[] = []
    let missing = length
    while (missing > 0) {
      if (rest.length === 0 && !(await more())) {
        if (missing === length) return null
        throw ended()
      }
      const part = rest.subarray(0, missing)
      parts.push(part)
      missing -= part.length
      rest = rest.subarray(part.length)
    }
    return Buffer.concat(parts)
  }
  return {
    take,
    async need(length) {
      const found = length === 0 ? Buffer.alloc(0) : await take(length)
      if (found === null) throw ended()
      return found
    },
    async skip(length) {
      let missing = length
      while (missing > 0) {
        if (rest.length === 0 && !(await more())) throw ended()
        const step = Math.min(missing, rest.length)
        missing -= step
        rest = rest.subarray(step)
      }
    },
  }
}

function octal(field: Buffer): number {
  const text = textOf(field).trim()
  if (!/^[0-7]+$/.test(text)) throw new Error('not a tar archive')
  return Number.parseInt(text, 8)
}

function nameOf(header: Buffer): string {
  const prefix = textOf(header.subarray(345, 500))
  const name = textOf(header.subarray(0, 100))
  return prefix === '' ? name : `${prefix}/${name}`
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

/** The name that a pax header gives to the file after it: records of `length key=value` and a line break, lengths in bytes. */
function paxPath(content: Buffer): string | null {
  let at = 0
  while (at < content.length) {
    const space = content.indexOf(32, at)
    const length = Number(content.toString('latin1', at, space))
    if (space === -1 || !Number.isInteger(length) || length <= 0) return null
    const [, path] = /^path=(.*)\n$/s.exec(content.toString('utf8', space + 1, at + length)) ?? []
    if (path !== undefined) return path
    at += length
  }
  return null
}
