/** What is wrong in the setting `seed`, and where. */
export class SeedError extends Error {
  override readonly name = 'SeedError'

  /** `path` is a JSON pointer in the configuration; `complaint` continues the sentence: "must be …". */
  constructor(path: string, complaint: string) {
    super(`${path} ${complaint}`)
  }
}
