/** What we remember about a repository. Times are epoch milliseconds, so a record is plain JSON. */
export interface Repository {
  name: string
  createdAt: number
  imageTagMutability: ImageTagMutability
  /** Only with the two `_WITH_EXCLUSION` values; order is kept. */
  imageTagMutabilityExclusionFilters?: ExclusionFilter[]
  scanOnPush: boolean
  encryption: { encryptionType: 'AES256' | 'KMS' | 'KMS_DSSE'; kmsKey?: string }
  tags: ResourceTag[]
}

export type ImageTagMutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION'

export interface ExclusionFilter {
  filterType: 'WILDCARD'
  filter: string
}

/** A tag on the repository as a resource, not an image tag. */
export interface ResourceTag {
  Key: string
  Value: string
}

/** A policy as it was given: AWS returns the text it stored. */
export interface Policy {
  text: string
}

/** A repository with the service's defaults: mutable tags, AES256, no scan on push. */
export const newRepository = (name: string, now: Date, settings: Partial<Repository> = {}): Repository => ({
  imageTagMutability: 'MUTABLE',
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' },
  tags: [],
  ...settings,
  name,
  createdAt: now.getTime(),
})
