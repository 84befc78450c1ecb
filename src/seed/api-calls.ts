import { seedPrincipal } from '../access/seed-principal.js'
import type { Context, Resources } from '../control-plane/services/context.js'
import { ecr } from '../control-plane/services/ecr/ecr.js'
import type { Input, OperationName, Output } from '../control-plane/services/ecr/operation.js'
import type { Members } from '../control-plane/services/service.js'
import type { Registry } from '../registry/registry.js'

/** Calls an operation of ECR on one registry. Throws ServiceException with the service's refusal. */
export type Call = <N extends OperationName>(operation: N, input: Input<N>) => Promise<Output<N>>

/**
 * Calls of an account's administrator from within: validated and carried out by the same operations as calls over HTTP,
 * without a signature, and without asking policies, because the configuration is above them.
 */
export function apiCalls(resources: Resources, registry: Registry): Call {
  return async <N extends OperationName>(name: N, input: Input<N>) => {
    const operation = ecr.operation(name)
    const validInput = operation.accept(input as Members)
    return (await operation.run(validInput, await contextOf(resources, registry))) as Output<N>
  }
}

/** The input is what the model has. Throws ServiceException with the service's words if it breaks the model. */
export const acceptInput = (operation: OperationName, input: Members): void =>
  void ecr.operation(operation).accept(input)

async function contextOf(resources: Resources, registry: Registry): Promise<Context> {
  const now = await resources.clock.now()
  return {
    ...resources,
    registry,
    principal: seedPrincipal(registry.account),
    request: {
      requestId: resources.ids.uuid(),
      at: now.getTime(),
      sourceIp: '127.0.0.1',
      userAgent: 'ecr-local seed',
      isSecure: false,
      isFips: false,
    },
    // Addresses in answers are not looked at.
    registryAddress: { scheme: 'http', host: 'localhost' },
    policies: undefined,
    now,
    wait: (work) => work(),
  }
}
