import type { Principal, Session } from '../registry/principal.js'

/**
 * Whether signed claims hold a principal of the shape this version writes: another version may have signed another
 * shape with the same secret.
 */
export function isPrincipal(value: unknown): value is Principal {
  if (!isObject(value)) return false
  const { arn, account, userId, session } = value
  return isText(arn) && isAccount(account) && isText(userId) && (session === undefined || isSession(session))
}

function isSession(value: unknown): value is Session {
  if (!isObject(value)) return false
  const { roleArn = '', sourceIdentity = '', federatedProvider = '' } = value
  const { policies = [], tags = {}, transitiveTagKeys = [], issuedAt = 0 } = value
  return (
    areTexts([roleArn, sourceIdentity, federatedProvider]) &&
    areTexts(policies) &&
    isObject(tags) &&
    areTexts(Object.values(tags)) &&
    areTexts(transitiveTagKeys) &&
    typeof issuedAt === 'number'
  )
}

/** Whether a claim is an object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a claim is a string. */
export const isText = (value: unknown): value is string => typeof value === 'string'

/** Whether a claim is an account id. */
export const isAccount = (value: unknown): value is string => isText(value) && /^\d{12}$/.test(value)

const areTexts = (values: unknown) => Array.isArray(values) && values.every(isText)
