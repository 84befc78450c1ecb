import { ServiceException } from '../../../registry/errors.js'
import type { Context } from '../context.js'
import type { Service, ServiceOperation } from '../service.js'
import type { PublicOperation } from './ecr-public-operation.js'
import { operations, operationTable } from './ecr-public-operations.js'

/**
 * Amazon ECR Public, as far as scripts need it that log in to it and to a private registry in the same breath.
 * https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/Welcome.html
 */
export const ecrPublic: Service = {
  name: 'ecr-public',
  faultCodes: { internal: 'ServerException', storage: 'ServerException' },
  refuseUnverified: (name) => void find(name),

  operation(name): ServiceOperation {
    const operation = find(name)
    return {
      authorize: (_input, context) => authorize(operation, context),
      accept: () => ({}),
      run: (_input, context) => operation.run(context),
    }
  },
}

function find(name: string): PublicOperation {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation) return operation
  throw new ServiceException(
    'UnknownOperationException',
    Object.hasOwn(operationTable, name)
      ? `ecr-local does not have ${name} of Amazon ECR Public. Of this service it has ${Object.keys(operations).join(', ')}.`
      : 'Amazon ECR Public has no operation of this name.',
  )
}

/** Throws AccessDeniedException. */
async function authorize({ permissions }: PublicOperation, context: Context): Promise<void> {
  const { registry, principal, request } = context
  for (const { action, conditions } of permissions)
    await context.authorize({ principal, registry, request, action, resources: ['*'], conditions })
}
