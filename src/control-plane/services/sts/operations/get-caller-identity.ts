import type { Operation } from '../sts-operation.js'

/**
 * Requires no permission, and no policy can deny it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const getCallerIdentity: Operation<'GetCallerIdentity'> = {
  run: (_input, { principal: { arn, account, userId } }) => ({ Arn: arn, UserId: userId, Account: account }),
}
