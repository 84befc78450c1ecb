import { configuredSecrets } from '../adapters/configured/configured-secrets.js'
import { secretsManager } from '../adapters/secrets-manager/secrets-manager.js'
import type { Config } from '../config/config.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Log } from '../registry/ports/log.js'
import type { Secrets } from '../registry/ports/secrets.js'

/** The secrets of the configuration and, for others, those of Secrets Manager if its endpoint is set. */
export function secretsOf(
  { accounts, secretsManagerEndpoint: endpoint }: Pick<Config, 'accounts' | 'secretsManagerEndpoint'>,
  parts: { readonly clock: Clock; readonly log: Log },
): Secrets {
  const configured = configuredSecrets(accounts)
  if (endpoint === undefined) return configured
  const remote = secretsManager({ endpoint, ...parts })
  return { get: async (arn, options) => (await configured.get(arn)) ?? remote.get(arn, options) }
}
