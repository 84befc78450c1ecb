/** What is wrong in a policy document and where. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'

  /** `path` is a JSON pointer into the document, '' for the whole; the message continues the sentence: "must be …". */
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message)
  }
}
