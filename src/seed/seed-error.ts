/** What is wrong in the setting `seed`, and where. */
export class SeedError extends Error {
  override readonly name = 'SeedError'

  /** `path` is a JSON pointer in the configuration; the message follows it. */
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message)
  }
}
