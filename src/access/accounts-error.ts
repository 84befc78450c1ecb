/**
 * What is wrong in the `accounts` section of the configuration, and where. Its message never contains a value that may
 * be a secret.
 */
export class AccountsError extends Error {
  override readonly name = 'AccountsError'

  /** `path` is a JSON pointer below `/accounts`; the message continues the sentence: "must be …". */
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message)
  }
}
