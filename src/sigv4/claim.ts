import type { Query } from './query.js'

/** What a client says about its own signature, whether it said so in the header or in the query; nothing of it is checked yet. */
export interface Claim {
  readonly algorithm: string
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  /** Only a presigned request has a life of its own; the others live as long as clocks may differ. */
  readonly expires?: string
  readonly securityToken?: string
  /** The part of the query that is signed: all of it, save the signature itself. */
  readonly query: Query
}
