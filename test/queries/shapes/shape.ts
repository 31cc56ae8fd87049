/** One shape of real code: what it is, the code, and the rules that have to speak. */
export type Shape = readonly [title: string, code: string, ...rules: string[]]
