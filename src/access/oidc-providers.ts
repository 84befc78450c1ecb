import type { Accounts, ConfiguredOidcProvider } from './credentials.js'

/** An OpenID Connect identity provider that an account trusts. */
export interface OidcProvider extends ConfiguredOidcProvider {
  /** `arn:aws:iam::<account>:oidc-provider/<host>`, as trust policies name it. */
  readonly arn: string
  /** The issuer without `https://`, the prefix of its condition keys. */
  readonly host: string
}

/**
 * Finds the provider of an account by the issuer of a token.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
export function oidcProvidersIn(
  accounts: Accounts = {},
): (account: string, issuer: string) => OidcProvider | undefined {
  const providers = new Map(
    Object.entries(accounts).flatMap(([account, { oidcProviders = {} }]) =>
      Object.entries(oidcProviders).map(([host, configured]): [string, OidcProvider] => [
        `${account} https://${host}`,
        { ...configured, host, arn: `arn:aws:iam::${account}:oidc-provider/${host}` },
      ]),
    ),
  )
  return (account, issuer) => providers.get(`${account} ${issuer}`)
}
