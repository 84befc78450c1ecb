import type { Action } from '../../query-action.js'

/**
 * Who the credentials belong to; it takes no permission, and no policy can deny it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const getCallerIdentity: Action = (_members, { principal: { arn, account, userId } }) => ({
  Arn: arn,
  UserId: userId,
  Account: account,
})
