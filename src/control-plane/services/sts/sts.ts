import { refusalOf } from '../query-refusals.js'
import { queryService } from '../query-service.js'
import { operations, operationTable } from './sts-operations.js'

/** https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html */
export const sts = queryService({
  name: 'sts',
  operations,
  isNotBuilt: (name) => Object.hasOwn(operationTable, name),
  unsigned: new Set(['AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity']),
  refusalOf,
})
