import type { ServiceException } from '../../registry/errors.js'
import type { Principal } from '../../registry/principal.js'
import { everyViolation, type ValueViolation } from '../../smithy/every-violation.js'
import { inputOf, serviceShape } from '../../smithy/model.js'
import type { Context } from './context.js'
import { noSuchOperation, operationNotBuilt } from './query-refusals.js'
import type { Members, Service, ServiceOperation } from './service.js'

/** An operation of STS or IAM. */
export interface QueryOperation {
  /** Throws if the caller may not call the operation at all. Runs before the input is validated. */
  refuseCaller?(principal: Principal): void
  run(input: Members, context: Context): object | Promise<object>
}

/** What differs between STS and IAM. */
export interface QueryServiceFacts {
  readonly name: 'sts' | 'iam'
  /** The operations that are built. */
  readonly operations: Readonly<Record<string, QueryOperation | undefined>>
  /** Whether the service has an operation that is not built. */
  readonly isNotBuilt: (name: string) => boolean
  /** Operations that need no signature. */
  readonly unsigned: ReadonlySet<string>
  readonly refusalOf: (violations: readonly ValueViolation[]) => ServiceException
}

/** A service with the query protocol. Its operations check the caller's permissions themselves. */
export function queryService({ name, operations, isNotBuilt, unsigned, refusalOf }: QueryServiceFacts): Service {
  const { version, traits } = serviceShape(name)
  const notBuilt = (operation: string) => operationNotBuilt(name, operation, Object.keys(operations))

  return {
    name,
    version,
    xmlNamespace: traits?.['smithy.api#xmlNamespace']?.uri,
    faultCodes: { internal: 'InternalFailure', storage: 'ServiceUnavailable' },

    /** A refusal for the missing signature would hide that the operation is not built. */
    refuseUnverified(operation) {
      if (unsigned.has(operation) && !Object.hasOwn(operations, operation)) throw notBuilt(operation)
    },
    needsNoSignature: (operation) => unsigned.has(operation),

    operation(called, inVersion): ServiceOperation {
      if (inVersion === version) {
        const operation = Object.hasOwn(operations, called) ? operations[called] : undefined
        if (operation) return runnable(called, operation, refusalOf)
        if (isNotBuilt(called)) throw notBuilt(called)
      }
      throw noSuchOperation(called, inVersion)
    },
  }
}

const runnable = (
  name: string,
  operation: QueryOperation,
  refusalOf: QueryServiceFacts['refusalOf'],
): ServiceOperation => ({
  authorize: async (_input, { principal }) => operation.refuseCaller?.(principal),
  accept(input) {
    const violations = everyViolation(inputOf(name), input)
    if (violations.length > 0) throw refusalOf(violations)
    return input
  },
  run: async (input, context) => operation.run(input, context),
})
