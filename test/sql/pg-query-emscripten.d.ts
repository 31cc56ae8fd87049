declare module 'pg-query-emscripten' {
  interface Parsed {
    readonly parse_tree: { readonly stmts: readonly { readonly stmt: unknown }[] }
    readonly error: { readonly message: string; readonly cursorpos: number } | null
  }
  const Module: new () => Promise<{ parse(sql: string): Parsed }>
  export default Module
}
