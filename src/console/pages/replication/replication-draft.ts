import type { ReplicationRule } from '@aws-sdk/client-ecr'
import type { Registry } from '../../../registry/registry.js'

/** A rule as the steps of its form edit it. */
export interface ReplicationDraft {
  readonly isCrossRegion: boolean
  readonly isCrossAccount: boolean
  /** Destination Regions in the same account. */
  readonly regions: readonly string[]
  /** Destinations in other accounts. */
  readonly others: readonly Registry[]
  /** Prefixes of repository names. */
  readonly filters: readonly string[]
}

/** What "Add rule" begins with. */
export const emptyDraft: ReplicationDraft = {
  isCrossRegion: false,
  isCrossAccount: false,
  regions: [],
  others: [],
  filters: [],
}

/** A rule of the registry's own account, as its form begins with it. */
export function draftOf({ destinations = [], repositoryFilters = [] }: ReplicationRule, own: string): ReplicationDraft {
  const all = destinations.map(({ region = '', registryId: account = '' }) => ({ region, account }))
  const regions = all.filter(({ account }) => account === own).map(({ region }) => region)
  const others = all.filter(({ account }) => account !== own)
  return {
    isCrossRegion: regions.length > 0,
    isCrossAccount: others.length > 0,
    regions,
    others,
    filters: repositoryFilters.map(({ filter = '' }) => filter),
  }
}

/** The rule that a form asks for. */
export function ruleOf(draft: ReplicationDraft, own: string): ReplicationRule {
  const { isCrossRegion, isCrossAccount, regions, others, filters } = draft
  return {
    destinations: [
      ...(isCrossRegion ? regions.map((region) => ({ region, registryId: own })) : []),
      ...(isCrossAccount ? others.map(({ region, account }) => ({ region, registryId: account })) : []),
    ],
    ...(filters.length > 0 && {
      repositoryFilters: filters.map((filter) => ({ filter, filterType: 'PREFIX_MATCH' as const })),
    }),
  }
}

/** The destinations of a rule in words. */
export const destinationsText = ({ destinations = [] }: ReplicationRule, own: string): string =>
  destinations
    .map(({ region, registryId }) => (registryId === own ? region : `${registryId} in ${region}`))
    .join(', ') || 'None'

/** The repositories of a rule in words. */
export const filtersText = ({ repositoryFilters = [] }: ReplicationRule): string =>
  repositoryFilters.map(({ filter }) => `${filter}*`).join(', ') || 'All repositories'

/** What kinds of destinations a rule has. */
export function typesText({ destinations = [] }: ReplicationRule, own: string): string {
  const hasOwn = destinations.some(({ registryId }) => registryId === own)
  const hasOther = destinations.some(({ registryId }) => registryId !== own)
  return [hasOwn && 'Cross-Region', hasOther && 'Cross-account'].filter(Boolean).join(', ') || 'None'
}
