import type { Registry } from '../registry.js'

/** A registry that images are copied to, in the words of the API. */
export interface ReplicationDestination {
  readonly region: string
  /** The account of the registry. */
  readonly registryId: string
}

/** One rule of a replication configuration. Without filters it is about all repositories. */
export interface ReplicationRule {
  readonly destinations: readonly ReplicationDestination[]
  readonly repositoryFilters?: readonly { readonly filter: string; readonly filterType: 'PREFIX_MATCH' }[]
}

/** The record of a registry's replication configuration. */
export interface ReplicationConfiguration {
  readonly rules: readonly ReplicationRule[]
  /** When it was put, in epoch milliseconds. Only what is pushed from then on is replicated by these rules. */
  readonly putAt: number
  /** The rules before, by which pushes are replicated that happened before `putAt` and are not processed yet. */
  readonly previousRules: readonly ReplicationRule[]
}

/** The key of a registry's replication configuration, of which it has at most one. */
export const REPLICATION_CONFIGURATION = 'configuration'

/** The rules that apply to what happened at this time, in epoch milliseconds. */
export const rulesAt = ({ rules, previousRules, putAt }: ReplicationConfiguration, at: number) =>
  at < putAt ? previousRules : rules

/** Every destination of these rules, each once. */
export const allDestinations = (rules: readonly ReplicationRule[]): ReplicationDestination[] => [
  ...new Map(
    rules.flatMap(({ destinations }) => destinations).map((destination) => [destinationKey(destination), destination]),
  ).values(),
]

/**
 * The destinations of a repository's images: those of every rule that has no filters, or one that the name begins with.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
 */
export const destinationsOf = (rules: readonly ReplicationRule[], repository: string): ReplicationDestination[] =>
  allDestinations(rules.filter((rule) => isAbout(rule, repository)))

/** Whether the rules have this destination for a repository's images. */
export const areReplicatedTo = (
  rules: readonly ReplicationRule[],
  repository: string,
  destination: ReplicationDestination,
): boolean => destinationsOf(rules, repository).some((other) => isSameDestination(other, destination))

/** Whether two destinations are the same registry. */
export const isSameDestination = (a: ReplicationDestination, b: ReplicationDestination): boolean =>
  destinationKey(a) === destinationKey(b)

/** The registry that a destination names. */
export const registryOf = ({ region, registryId }: ReplicationDestination): Registry => ({
  account: registryId,
  region,
})

const destinationKey = ({ region, registryId }: ReplicationDestination) => `${registryId} ${region}`

const isAbout = ({ repositoryFilters }: ReplicationRule, repository: string): boolean =>
  !repositoryFilters ||
  repositoryFilters.length === 0 ||
  repositoryFilters.some(({ filter }) => repository.startsWith(filter))
