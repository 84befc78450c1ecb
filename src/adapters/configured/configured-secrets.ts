import type { Secrets } from '../../registry/ports/secrets.js'
import type { UpstreamCredentials } from '../../registry/ports/upstream.js'

type SecretsOfAccounts = Readonly<Record<string, { readonly secrets?: Readonly<Record<string, UpstreamCredentials>> }>>

const SECRET_ARN = /^arn:aws[\w-]*:secretsmanager:[^:]+:(\d{12}):secret:(.+)$/
/** Secrets Manager appends a hyphen and six random characters to the name in an ARN. */
const SUFFIX = /-[a-zA-Z0-9]{6}$/

/**
 * Stands in for Secrets Manager: reads the configuration file's `secrets` by name, with or without the ARN's suffix.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
 */
export const configuredSecrets = (accounts: SecretsOfAccounts = {}): Secrets => ({
  async get(arn) {
    const [, account = '', name = ''] = SECRET_ARN.exec(arn) ?? []
    const secrets = new Map(Object.entries(accounts[account]?.secrets ?? {}))
    return secrets.get(name) ?? secrets.get(name.replace(SUFFIX, ''))
  },
})
