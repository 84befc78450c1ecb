import type { Principal, Session } from '../registry/principal.js'

/**
 * Whether signed claims hold a principal as this version of the emulator writes it: another version may have signed
 * something else with the same secret.
 */
export function isPrincipal(value: unknown): value is Principal {
  if (!isObject(value)) return false
  const { arn, account, userId, session } = value
  return isText(arn) && isAccount(account) && isText(userId) && (session === undefined || isSession(session))
}

function isSession(value: unknown): value is Session {
  if (!isObject(value)) return false
  const { roleArn = '', policies = [], tags = {}, transitiveTagKeys = [], issuedAt = 0 } = value
  return (
    isText(roleArn) &&
    areTexts(policies) &&
    isObject(tags) &&
    areTexts(Object.values(tags)) &&
    areTexts(transitiveTagKeys) &&
    typeof issuedAt === 'number'
  )
}

/** Claims are objects all the way down to their texts and numbers. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A claim that is a text. */
export const isText = (value: unknown): value is string => typeof value === 'string'

/** A claim that is the id of an account. */
export const isAccount = (value: unknown): value is string => isText(value) && /^\d{12}$/.test(value)

const areTexts = (values: unknown) => Array.isArray(values) && values.every(isText)
