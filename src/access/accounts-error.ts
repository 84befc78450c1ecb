/** Says what is wrong in the accounts of the configuration and where; it never holds a secret, nor what may be one. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError'

  /** `path` leads on from `/accounts`; the message reads on from it: "must be …". */
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message)
  }
}
