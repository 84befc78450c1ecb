import type { Blobs, WithNotes } from '../../registry/ports/blob-store.js'
import type { Pins } from '../../registry/ports/pins.js'
import type { Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'

/** The storage that carrying out a lifecycle policy needs. */
export interface LifecycleStorage {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'> & WithNotes
  readonly pins: Pins
}

/** Where and when a policy is carried out. */
export interface EvaluationContext {
  readonly registry: Registry
  readonly repository: string
  /** The time at which the policy was evaluated, which all its actions have. */
  readonly now: Date
}
