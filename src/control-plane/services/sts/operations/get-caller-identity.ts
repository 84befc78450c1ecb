import type { Operation } from '../sts-operation.js'

/**
 * Requires no permission, and no policy can deny it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 *
 * @exact The account, ARN and unique id of users, roles and sessions; no policy can deny it.
 */
export const getCallerIdentity: Operation<'GetCallerIdentity'> = {
  run: (_input, { principal: { arn, account, userId } }) => ({ Arn: arn, UserId: userId, Account: account }),
}
