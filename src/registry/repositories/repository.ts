/** The record of a repository. Times are epoch milliseconds, so that a record is plain JSON. */
export interface Repository {
  name: string
  createdAt: number
  imageTagMutability: ImageTagMutability
  /** Present only with the two `_WITH_EXCLUSION` values, in the order of the request. */
  imageTagMutabilityExclusionFilters?: ExclusionFilter[]
  scanOnPush: boolean
  encryption: { encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE'; kmsKey?: string }
  tags: ResourceTag[]
}

export type ImageTagMutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION'

interface ExclusionFilter {
  filterType: 'WILDCARD'
  filter: string
}

/** A resource tag of the repository, not an image tag. */
export interface ResourceTag {
  Key: string
  Value: string
}

/** A policy as its text, because AWS returns the text as it was put. */
export interface Policy {
  text: string
}

/** A new repository, with the service's defaults for what `settings` omits: mutable tags, AES256, no scan on push. */
export const newRepository = (name: string, now: Date, settings: Partial<Repository> = {}): Repository => ({
  imageTagMutability: 'MUTABLE',
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' },
  tags: [],
  ...settings,
  name,
  createdAt: now.getTime(),
})
