/** What was made of the last texts, oldest ones let go beyond so many characters of them. */
export class Remembered<T> {
  readonly #known = new Map<string, T>()
  readonly #most: number
  #size = 0

  constructor(most: number) {
    this.#most = most
  }

  /** What `make` makes of the text, or made of it before. */
  of(text: string, make: (text: string) => T): T {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const made = make(text)
    this.#known.set(text, made)
    this.#size += text.length
    for (const oldest of this.#known.keys()) {
      if (this.#size <= this.#most) break
      this.#known.delete(oldest)
      this.#size -= oldest.length
    }
    return made
  }
}
