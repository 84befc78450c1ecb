import type { QueryApi } from '../protocols/aws-query.js'
import type { Action } from './query-action.js'
import { assumeRole } from './sts/operations/assume-role.js'
import { getCallerIdentity } from './sts/operations/get-caller-identity.js'
import { getRole } from './iam/operations/get-role.js'
import { getSessionToken } from './sts/operations/get-session-token.js'

/** The services beside ECR, as credential scopes name them. */
export type QueryService = 'sts' | 'iam'

/** What there is of STS and IAM. */
export const apis: Readonly<Record<QueryService, QueryApi & { readonly actions: Readonly<Record<string, Action>> }>> = {
  sts: {
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity, GetSessionToken: getSessionToken },
  },
  iam: {
    version: '2010-05-08',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    actions: { GetRole: getRole },
  },
}
