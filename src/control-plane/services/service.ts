import type { PolicyStore, StoredPolicies } from '../../access/stored-policies.js'
import type { Registry } from '../../registry/registry.js'
import type { Context } from './context.js'

/** The services that the control plane serves, by the name that credential scopes have for them. */
export type ServiceName = 'ecr' | 'sts' | 'iam'

/** The members of an input by their AWS names, of any type until the input is validated. */
export type Members = Readonly<Record<string, unknown>>

/**
 * A service of AWS as `handle` sees it. All services take the same path; what differs between them, the operations and the
 * words of their refusals, is here.
 */
export interface Service {
  readonly name: ServiceName
  /** The version of the API, where a call has to name it. */
  readonly version?: string | undefined
  /** The XML namespace of answers, where there are answers in XML. */
  readonly xmlNamespace?: string | undefined
  /** The error codes for failures that are no fault of the caller. */
  readonly faultCodes: FaultCodes
  /** Throws the refusal of an operation whose call is refused before its signature is verified. */
  refuseUnverified(operation: string): void
  /** The operation of this name. Throws the service's refusal where there is none, or none in this version of the API. */
  operation(name: string, version?: string): ServiceOperation
}

/** What a service calls failures of its own. */
export interface FaultCodes {
  /** The emulator is at fault. */
  readonly internal: string
  /** The store or the blob store is. */
  readonly storage: string
}

/** An operation as `handle` runs it: `authorize`, then `accept`, then `run`. */
export interface ServiceOperation {
  /** Reads the policies and tags that decide about the call's resources, while the time is read. The input may hold anything. */
  readPolicies?(input: Members, registry: Registry, store: PolicyStore): Promise<StoredPolicies>
  /** Throws AccessDeniedException. The input is not validated yet and may hold anything. */
  authorize(input: Members, context: Context): Promise<void>
  /** The input cut to the members of the model. Throws the refusal of one that breaks the model. */
  accept(input: Members): Members
  run(input: Members, context: Context): Promise<object>
}
