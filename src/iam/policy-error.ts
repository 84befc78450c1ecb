/** Says what is wrong in a policy document and where, so that whoever wrote it finds the place. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'

  /** `path` is a JSON pointer into the document, '' for the whole; the message reads on from it: "must be …". */
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message)
  }
}
