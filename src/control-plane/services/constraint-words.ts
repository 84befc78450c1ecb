import type { Constraint, Violation } from '../../smithy/validate.js'

/** A constraint on a value that has the right type. */
export type ValueConstraint = Exclude<Constraint, { kind: 'type' }>

/**
 * For example `tags.2.member.key`: lists count from one, and every name starts in lower case even if the input has it
 * in upper case.
 */
export const wirePath = (path: Violation['path']): string =>
  path
    .map((step) => (typeof step === 'number' ? `${step + 1}.member` : step.charAt(0).toLowerCase() + step.slice(1)))
    .join('.')

/**
 * The text that AWS's services write after "Member must", except for the order in which ECR lists the values of an
 * enum.
 */
export function constraintWords(constraint: ValueConstraint): string {
  switch (constraint.kind) {
    case 'required':
      return 'not be null'
    case 'enum':
      return `satisfy enum value set: [${constraint.values.join(', ')}]`
    case 'pattern':
      return `satisfy regular expression pattern: ${constraint.pattern}`
    case 'min-length':
      return `have length greater than or equal to ${constraint.limit}`
    case 'max-length':
      return `have length less than or equal to ${constraint.limit}`
    case 'min-value':
      return `have value greater than or equal to ${constraint.limit}`
    case 'max-value':
      return `have value less than or equal to ${constraint.limit}`
  }
}
