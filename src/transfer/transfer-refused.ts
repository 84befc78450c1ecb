/** An export or an import that cannot go on. Its message tells the user what is wrong and what would be right. */
export class TransferRefused extends Error {
  override readonly name = 'TransferRefused'
}
