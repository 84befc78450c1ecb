import type { Action, Conditions } from '../../../access/authorize.js'
import { policiesForPush } from '../../../access/policies-for-push.js'
import { storedPoliciesAndTags } from '../../../access/stored-policies.js'
import { ServiceException } from '../../../registry/errors.js'
import { inputOf } from '../../../smithy/model.js'
import { modelledMembers } from '../../../smithy/modelled-members.js'
import { validate } from '../../../smithy/validate.js'
import type { Context } from '../context.js'
import type { Members, Service, ServiceOperation } from '../service.js'
import { refusalOf } from './constraint-refusal.js'
import type { Input, Operation, OperationName, Permission } from './operation.js'
import { operations } from './operation-table.js'
import { withOpenedToken, withSealedToken } from './paging.js'
import { requestTags } from './resource-tags.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/Welcome.html */
export const ecr: Service = {
  name: 'ecr',
  faultCodes: { internal: 'ServerException', storage: 'ServerException' },
  refuseUnverified: (name) => void find(name),
  operation: find,
}

const runnable = (name: string, operation: Operation<OperationName>): ServiceOperation => ({
  async readPolicies(input, registry, store) {
    const resources = operation.resources(input, registry).filter(isOfEcr).map(resourceOf)
    return policiesForPush(name, await storedPoliciesAndTags(registry, resources, store), store)
  },
  authorize: (input, context) => authorize(name, operation, input, context),
  accept: (input) => accept(name, input),
  run: async (input, context) => withSealedToken(name, input, await operation.run(input, context)),
})

const runnables: ReadonlyMap<string, ServiceOperation> = new Map(
  Object.entries(operations).map(([name, operation]) => [name, runnable(name, operation as Operation<OperationName>)]),
)

function find(name: string): ServiceOperation {
  const operation = runnables.get(name)
  if (operation) return operation
  // The service has no message here.
  throw new ServiceException('UnknownOperationException', 'Amazon ECR has no operation of this name.')
}

/** Whether an entry of `resources` is a resource of the operation's own action. */
const isArn = (resource: string | Permission): resource is string => typeof resource === 'string'

/** Whether a permission is for an action of ECR, which the policies that are stored here can grant. */
const isOfEcr = (needed: string | Permission): boolean => isArn(needed) || needed.action.startsWith('ecr:')

const resourceOf = (needed: string | Permission): string => (isArn(needed) ? needed : needed.resource)

/** Checks the operation's own action on its resources, then each further permission. Throws AccessDeniedException. */
async function authorize(
  name: string,
  operation: Operation<OperationName>,
  input: Input<OperationName>,
  context: Context,
): Promise<void> {
  const { registry, principal, request, policies } = context
  const permits = (action: Action, resources: readonly string[], conditions: Conditions) =>
    context.authorize({ registry, principal, request, policies, action, resources, conditions })
  const tags = requestTags(input)
  const permissions = operation.resources(input, registry)
  const resources = permissions.filter(isArn)
  if (resources.length > 0) await permits(`ecr:${name}`, resources, tags)
  for (const needed of permissions)
    if (!isArn(needed)) await permits(needed.action, [needed.resource], { ...tags, ...needed.conditions })
}

/**
 * Removes members that the model does not have at any depth, so that no answer can repeat them, and validates the rest
 * and the token of a page.
 */
function accept(name: string, input: Members): Members {
  const violations = validate(name, input)
  if (violations.length > 0) throw refusalOf(violations)
  return withOpenedToken(name, modelledMembers(inputOf(name), input) as Members)
}
