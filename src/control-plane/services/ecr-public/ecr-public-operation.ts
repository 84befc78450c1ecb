import type { Action, Conditions } from '../../../access/authorize.js'
import type { Context } from '../context.js'

/** An operation of Amazon ECR Public. Those that are built have no input. */
export interface PublicOperation {
  /** What the caller needs, each on all resources. */
  readonly permissions: readonly { readonly action: Action; readonly conditions: Conditions }[]
  run(context: Context): Promise<object>
}
