import type { ServiceException } from '../../../registry/errors.js'
import type { ValueViolation } from '../../../smithy/every-violation.js'
import { refusalOf, validationError } from '../query-refusals.js'
import { queryService } from '../query-service.js'
import { operations } from './iam-operations.js'

/** The pattern of IAM's operation names. There are too many to list each one that is not built. */
const OPERATION_NAME =
  /^(Add|Attach|Change|Create|Deactivate|Delete|Detach|Disable|Enable|Generate|Get|List|Put|Remove|Reset|Resync|Set|Simulate|Tag|Untag|Update|Upload)[A-Z][A-Za-z]{2,60}$/

/** https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html */
export const iam = queryService({
  name: 'iam',
  operations,
  isNotBuilt: (name) => OPERATION_NAME.test(name),
  unsigned: new Set(),
  refusalOf: refusalOfIam,
})

/** For wrong characters IAM has a message of its own, if the length is valid. */
function refusalOfIam(violations: readonly ValueViolation[]): ServiceException {
  const others = violations.filter(({ broken }) => broken.kind !== 'pattern')
  if (others.length > 0) return refusalOf(others)
  return validationError(
    'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  )
}
