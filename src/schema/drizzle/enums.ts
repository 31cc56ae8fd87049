import { visitorKeys } from 'oxc-parser'
import type { Node, Program, TSEnumDeclaration, TSEnumMember } from 'oxc-parser'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Writes the enums of a TypeScript file as plain objects that mean the same, every line where it was. A bundler computes enums itself
 * and writes their values out wherever they are used, so that a file of one kilobyte could grow to gigabytes.
 */
export function withoutEnums(text: string, program: Program): string {
  if (!/\benum\b/.test(text)) return text
  const edits = enumsIn(program)
    .filter((it) => !it.declare)
    .flatMap((it) => editsOf(it, text))
    .toSorted((a, b) => a.start - b.start)
  let result = ''
  let at = 0
  for (const edit of edits) {
    if (edit.start < at) continue
    result += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return result + text.slice(at)
}

function enumsIn(program: Program): readonly TSEnumDeclaration[] {
  const found: TSEnumDeclaration[] = []
  const stack: Node[] = [program]
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.type === 'TSEnumDeclaration') {
      found.push(node)
      continue
    }
    const record = node as unknown as Readonly<Record<string, unknown>>
    for (const key of visitorKeys[node.type] ?? [])
      for (const child of [record[key]].flat())
        if (typeof child === 'object' && child !== null) stack.push(child as Node)
  }
  return found
}

function nameOf(member: TSEnumMember): string {
  if (member.id.type === 'Identifier') return member.id.name
  return member.id.type === 'Literal' ? String(member.id.value) : (member.id.quasis[0]?.value.cooked ?? '')
}

/** Line ends and comments between two members stay, the comma goes. */
function gap(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/[^\n\r]*|,/g, (part) => (part === ',' ? ' ' : part))
}

function lineEnds(text: string): string {
  return text.replace(/[^\n\r]/g, '')
}

function editsOf(node: TSEnumDeclaration, text: string): readonly Edit[] {
  const name = node.id.name
  const { members } = node.body
  const edits: Edit[] = []
  const first = members[0]?.start ?? node.body.end - 1
  edits.push({
    start: node.start,
    end: node.body.start + 1,
    text: `var ${name}=((${name})=>{let $=-1;${lineEnds(text.slice(node.start, node.body.start + 1))}`,
  })
  edits.push({ start: node.body.start + 1, end: first, text: gap(text.slice(node.body.start + 1, first)) })
  for (const [i, member] of members.entries()) {
    const quoted = JSON.stringify(nameOf(member))
    const target = `${member.id.type === 'Identifier' ? `const ${member.id.name}=` : ''}${name}[${quoted}]=`
    const after = `;$=${name}[${quoted}];if(typeof $==='number')${name}[$]=${quoted};`
    const { initializer } = member
    if (initializer) {
      edits.push({
        start: member.start,
        end: initializer.start,
        text: `${target}(${lineEnds(text.slice(member.start, initializer.start))}`,
      })
      edits.push({
        start: initializer.end,
        end: member.end,
        text: `)${after}${lineEnds(text.slice(initializer.end, member.end))}`,
      })
    } else
      edits.push({
        start: member.start,
        end: member.end,
        text: `${target}$+1${after}${lineEnds(text.slice(member.start, member.end))}`,
      })
    const next = members[i + 1]?.start ?? node.body.end - 1
    edits.push({ start: member.end, end: next, text: gap(text.slice(member.end, next)) })
  }
  edits.push({ start: node.body.end - 1, end: node.body.end, text: `return ${name}})({});` })
  return edits
}
