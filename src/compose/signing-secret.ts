import { secretUnder } from '../access/signed-text.js'
import { keptSecret, newSecret } from '../adapters/system/installation-secret.js'
import type { Config } from '../config.js'

/** What this process signs with: the secret it was given, or one of its own, kept for as long as its state. */
export const secretOf = ({ auth, secret, store, dataDir }: Config): string =>
  secretUnder(auth, secret ?? (store === 'memory' ? newSecret() : keptSecret(dataDir)))
