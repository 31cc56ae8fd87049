import type { CreateFunctionStmt } from 'libpg-query'
import type { Key, SqlFunction } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { setFunctions } from './draft.ts'
import { items, option, options, text, texts, valueText, writtenIn } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, declaredAt, findKey, isOpen, keyForNew, refuse } from './session.ts'
import { baseType, resolveType } from './types.ts'

export function createFunction(session: Session, node: CreateFunctionStmt): void {
  const at = keyForNew(session, writtenIn(texts(node.funcname)))
  const inputs: (string | null)[] = []
  const outputs: (string | null)[] = []
  for (const each of node.parameters ?? []) {
    if (!('FunctionParameter' in each)) continue
    const { mode, argType } = each.FunctionParameter
    const type = loosely(session, argType)
    if (mode !== 'FUNC_PARAM_OUT' && mode !== 'FUNC_PARAM_TABLE') inputs.push(type)
    if (mode === 'FUNC_PARAM_OUT' || mode === 'FUNC_PARAM_INOUT' || mode === 'FUNC_PARAM_TABLE') outputs.push(type)
  }
  const table = (node.parameters ?? []).some(
    (each) => 'FunctionParameter' in each && each.FunctionParameter.mode === 'FUNC_PARAM_TABLE',
  )
  const single = outputs.length === 1 ? (outputs[0] ?? null) : 'record'
  const written =
    node.returnType === undefined
      ? outputs.length > 0
        ? single
        : node.is_procedure === true
          ? null
          : 'void'
      : loosely(session, node.returnType)
  const set = table || node.returnType?.setof === true
  const body = option(node.options, 'as')?.arg
  const volatility = valueText(option(node.options, 'volatility')?.arg)
  const to: SqlFunction = {
    schema: schemaOf(at),
    name: nameOf(at),
    kind: node.is_procedure === true ? 'procedure' : 'function',
    arguments: inputs,
    returns: written === null ? null : set ? `SETOF ${table ? single : written}` : written,
    language: (valueText(option(node.options, 'language')?.arg) || 'sql').toLowerCase(),
    volatility: volatility === 'immutable' || volatility === 'stable' ? volatility : 'volatile',
    securityDefiner: valueText(option(node.options, 'security')?.arg) === 'true',
    settings: options(node.options).flatMap((each) => (each.defname === 'set' ? [settingOf(each.arg)] : [])),
    body: body === undefined ? null : (items(body).map(text)[0] ?? null),
    definition: session.statement.text,
    declared: declaredAt(session),
  }
  const list = session.draft.schema.functions.get(at) ?? []
  const same = (each: SqlFunction) =>
    each.arguments.length === inputs.length &&
    each.arguments.every(
      (type, i) => (type === null ? null : baseType(type)) === (inputs[i] == null ? null : baseType(inputs[i] ?? '')),
    )
  const from = list.find(same) ?? null
  if (from !== null && node.replace !== true) refuse(`function "${nameOf(at)}" already exists with same argument types`)
  if (from !== null && from.returns !== to.returns && from.returns !== null && to.returns !== null)
    refuse('cannot change return type of existing function')
  setFunctions(session.draft, at, [...list.filter((each) => each !== from), to])
  session.changes.push({
    kind: 'createFunction',
    place: session.place,
    object: at,
    from,
    to,
    orReplace: node.replace === true,
  })
}

/** Types of functions are printed without modifiers, and may be of tables that a part of the history that is not seen makes. */
function loosely(session: Session, type: Parameters<typeof resolveType>[1]): string | null {
  const resolved = resolveType(session, type)
  if (resolved.text === null) return null
  const base = baseType(resolved.text)
  return resolved.text.endsWith('[]')
    ? `${base === 'bpchar' ? 'character' : base}[]`
    : base === 'bpchar'
      ? 'character'
      : base
}

function settingOf(node: Parameters<typeof valueText>[0]): string {
  if (node === undefined || !('VariableSetStmt' in node)) return ''
  return `${node.VariableSetStmt.name ?? ''}=${(node.VariableSetStmt.args ?? []).map(valueText).join(', ')}`
}

/** The key of a function that a trigger calls. */
export function functionKey(session: Session, names: readonly string[]): Key {
  const written = writtenIn(names)
  const at = findKey(session, written, (each) => session.draft.schema.functions.has(each))
  if (at !== undefined) return at
  const builtin = [
    'tsvector_update_trigger',
    'suppress_redundant_updates_trigger',
    'tsvector_update_trigger_column',
  ].includes(written.name)
  if (builtin) return key('pg_catalog', written.name)
  if (!isOpen(session) && session.draft.schema.extensions.size === 0)
    refuse(`function ${written.name}() does not exist`)
  return assumedKey(session, written)
}
