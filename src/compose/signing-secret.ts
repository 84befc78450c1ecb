import { secretUnder } from '../access/signed-text.js'
import { installationSecret, newSecret } from '../adapters/system/installation-secret.js'
import type { Config } from '../config/config.js'

/** The secret for signatures of this process: the configured one, or one that lives as long as the stored state. */
export const secretOf = ({ auth, secret, store, dataDir }: Config): string =>
  secretUnder(auth, secret ?? (store === 'memory' ? newSecret() : installationSecret(dataDir)))
