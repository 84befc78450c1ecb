import type { Constraint, Violation } from '../../smithy/validate.js'

/** A constraint as a violation has it once types are right. */
export type ValueConstraint = Exclude<Constraint, { kind: 'type' }>

/** `tags.2.member.key`: lists count from one, and every name starts in lower case whatever the wire says. */
export const wirePath = (path: Violation['path']): string =>
  path
    .map((step) => (typeof step === 'number' ? `${step + 1}.member` : step.charAt(0).toLowerCase() + step.slice(1)))
    .join('.')

/** What AWS's services say after "Member must", apart from the order in which ECR lists the values of an enum. */
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
