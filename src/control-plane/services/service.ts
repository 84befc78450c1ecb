import type { PolicyStore, StoredPolicies } from '../../access/stored-policies.js'
import type { Records } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { Context } from './context.js'

/** The services of the control plane, by their names in credential scopes. */
export type ServiceName = 'ecr' | 'ecr-public' | 'sts' | 'iam'

/** The members of an input by their AWS names, of any type until the input is validated. */
export type Members = Readonly<Record<string, unknown>>

/**
 * A service of AWS as `handle` uses it. All services take the same path. This interface contains what differs between
 * them: the operations and the refusals.
 */
export interface Service {
  readonly name: ServiceName
  /** The version of the API, if calls have to name it. */
  readonly version?: string | undefined
  /** The XML namespace of answers, if the service has answers in XML. */
  readonly xmlNamespace?: string | undefined
  /** The error codes for failures that are not the caller's fault. */
  readonly faultCodes: FaultCodes
  /** Throws if calls of this operation are refused before their signature is verified. */
  refuseUnverified(operation: string): void
  /** Whether calls of this operation are accepted without a signature. */
  needsNoSignature?(operation: string): boolean
  /** The operation of this name. Throws the service's refusal if there is none, or none in this version of the API. */
  operation(name: string, version?: string): ServiceOperation
}

/** The error codes of a service for its own failures. */
export interface FaultCodes {
  /** The code for an unexpected failure of the emulator. */
  readonly internal: string
  /** The code for a failure of the store or the blob store. */
  readonly storage: string
}

/** An operation as `handle` runs it: `authorize`, then `accept`, then `run`. */
export interface ServiceOperation {
  /**
   * Prefetches the policies and tags that decide about the call's resources, while the time is read. The input may hold
   * anything.
   */
  readPolicies?(
    input: Members,
    registry: Registry,
    store: PolicyStore & Pick<Records, 'creationTemplates'>,
  ): Promise<StoredPolicies>
  /** Throws AccessDeniedException. The input is not validated yet and may hold anything. */
  authorize(input: Members, context: Context): Promise<void>
  /** The input reduced to the members of the model. Throws if it breaks the model. */
  accept(input: Members): Members
  run(input: Members, context: Context): Promise<object>
}
