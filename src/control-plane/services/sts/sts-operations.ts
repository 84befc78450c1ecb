import { builtIn, type NotBuilt, notBuilt } from '../not-built.js'
import type { Operation, OperationName } from './sts-operation.js'
import { assumeRole } from './operations/assume-role.js'
import { assumeRoleWithWebIdentity } from './operations/assume-role-with-web-identity.js'
import { getCallerIdentity } from './operations/get-caller-identity.js'
import { getSessionToken } from './operations/get-session-token.js'

/** The API of STS, each operation by its AWS name. The type requires every operation of the SDK. */
export const operationTable: { readonly [N in OperationName]: Operation<N> | NotBuilt } = {
  AssumeRole: assumeRole,
  AssumeRoleWithSAML: notBuilt,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  AssumeRoot: notBuilt,
  DecodeAuthorizationMessage: notBuilt,
  GetAccessKeyInfo: notBuilt,
  GetCallerIdentity: getCallerIdentity,
  GetDelegatedAccessToken: notBuilt,
  GetFederationToken: notBuilt,
  GetScopedCredentials: notBuilt,
  GetSessionToken: getSessionToken,
  GetWebIdentityToken: notBuilt,
}

/** The operations that are built. */
export const operations = builtIn(operationTable)
