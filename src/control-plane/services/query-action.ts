import type { Authorize } from '../../access/authorize.js'
import type { DecisionLog } from '../../access/explain/decision-log.js'
import type { Identities } from '../../access/identities.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Store } from '../../registry/ports/store.js'
import type { Principal } from '../../registry/principal.js'
import type { RequestContext } from '../../registry/request-context.js'

/** What an action of STS or IAM may use. */
export interface QueryContext {
  readonly principal: Principal
  readonly region: string
  readonly now: Date
  readonly request: RequestContext
  readonly store: Pick<Store, 'roles'>
  readonly identities: Identities
  readonly decisions: DecisionLog
  readonly authorize: Authorize
  readonly clock: Clock
  readonly ids: Ids
  /** The installation's, which temporary credentials are made of. */
  readonly secret: string
}

/** What an action is called with, by the flat names of the query protocol. */
export type Members = ReadonlyMap<string, string>

/** One action: its members, checked by itself, to its result in AWS's names. */
export type Action = (members: Members, context: QueryContext) => object | Promise<object>
