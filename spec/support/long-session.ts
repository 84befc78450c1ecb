import { authorizationToken, type StoredPrincipalsDeps } from '../../src/access/stored-principals.js'
import type { GrantTerms } from '../../src/access/token.js'
import type { Principal } from '../../src/registry/principal.js'
import { allowing, registry } from './registry.js'

const { account } = registry
const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
}

/** Accounts with the role of `longSession`. */
export const longSessionAccounts = { [account]: { roles: { ci: { trustPolicy, policies: [allowing('ecr:*')] } } } }

/** A session that may log in and read, with a session policy that is too long for an authorization token. */
export function longSession(name = 'build'): Principal {
  const policy = { ...allowing(['ecr:GetAuthorizationToken', 'ecr:List*', 'ecr:Batch*']), Id: 'i'.repeat(2000) }
  const session = { roleArn: `arn:aws:iam::${account}:role/ci`, policies: [JSON.stringify(policy)] }
  return { arn: `arn:aws:sts::${account}:assumed-role/ci/${name}`, account, userId: `AROAEXAMPLE:${name}`, session }
}

/** The Authorization header after a login to the registry of specs. */
export async function loginOf(
  principal: Principal,
  terms: Omit<GrantTerms, 'registry'>,
  deps: StoredPrincipalsDeps,
): Promise<string> {
  return `Basic ${await authorizationToken({ principal, registry, ...terms }, deps)}`
}
