/** File name that the text of the project is evaluated under, so that its frames are told from ours. */
export const bundleName = 'bundle.js'

const sites = new WeakMap<object, string>()
const patched = new WeakSet<object>()
const OwnError = Error
/** Methods that make the final object from a builder. */
const makers = ['build', 'on', 'onOnly', 'using', 'array', 'as', 'existing', 'link', 'buildExtraConfigColumn']

/** What a `pgSchema` makes. */
const schemaMakers = ['table', 'view', 'materializedView', 'enum', 'sequence']

/** Where in the bundle the call stands that is being made now, `line:column`. */
function here(): string | undefined {
  return /bundle\.js:(\d{1,9}:\d{1,9})/.exec(String(new OwnError().stack))?.[1]
}

/** Where the call stands that made this object. */
export function siteOf(value: unknown): string | null {
  return typeof value === 'object' || typeof value === 'function' ? (sites.get(value as object) ?? null) : null
}

function remember(value: unknown, site: string | undefined): void {
  if (
    value === null ||
    (typeof value !== 'object' && typeof value !== 'function') ||
    site === undefined ||
    sites.has(value)
  )
    return
  sites.set(value, site)
  for (
    let proto: unknown = Object.getPrototypeOf(value);
    proto && proto !== Object.prototype && proto !== Function.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    if (patched.has(proto)) return
    patched.add(proto)
    patch(proto as Record<string, unknown>)
  }
}

/** Lets what a builder makes inherit its place. */
function patch(proto: Record<string, unknown>): void {
  for (const name of makers) {
    const method = Object.hasOwn(proto, name) ? proto[name] : undefined
    if (typeof method !== 'function') continue
    proto[name] = function made(this: object, ...given: unknown[]): unknown {
      const result: unknown = Reflect.apply(method, this, given)
      if (result !== this) remember(result, sites.get(this))
      return result
    }
  }
}

/** A function of Drizzle that remembers where it is called, for what it returns and for what that returns. */
function located<F extends (...given: never[]) => unknown>(call: F): F {
  return new Proxy(call, {
    apply(target, self, given: unknown[]) {
      // pgTable('name', (t) => ({ … })): the builders that it hands in are located too.
      const columns = given[1]
      if (typeof columns === 'function' && !isClass(columns))
        given[1] = (builders: object, ...rest: unknown[]): unknown =>
          Reflect.apply(columns, undefined, [locatedModule(builders), ...rest])
      const result: unknown = Reflect.apply(target, self, given)
      const site = here()
      remember(result, site)
      if (typeof result === 'function') {
        const again = located(result as (...given: never[]) => unknown)
        remember(again, site)
        return again
      }
      if (typeof result === 'object' && result !== null && Object.hasOwn(result, 'schemaName')) {
        const own = result as Record<string, unknown>
        for (const name of schemaMakers)
          if (typeof own[name] === 'function')
            own[name] = located((own[name] as (...given: never[]) => unknown).bind(result))
      }
      return result
    },
  })
}

function isClass(value: unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value as object))
}

/** A module of Drizzle whose functions remember where they are called. */
export function locatedModule<T extends object>(module: T): T {
  const known: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(module)) {
    known[name] =
      typeof value === 'function' && /^[a-z]/.test(name) && !/^(is[A-Z]|get[A-Z])/.test(name)
        ? located(value as (...given: never[]) => unknown)
        : value
  }
  return known as T
}
