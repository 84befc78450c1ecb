import type { Query } from './query.js'

/**
 * The elements of a signature as the client sent them, in the Authorization header or in the query. Nothing of them is
 * checked yet.
 */
export interface SignatureClaim {
  readonly algorithm: string
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  /** Only a presigned request has a lifetime of its own; any other is valid for the allowed clock skew. */
  readonly expires?: string
  readonly securityToken?: string
  /** The part of the query that is signed: all of it, save the signature itself. */
  readonly query: Query
}
