import type { Registry } from '../registry.js'
import { isDestinationRegion } from './destination-regions.js'
import { allDestinations, isSameDestination, type ReplicationRule } from './replication-configuration.js'
import { replicationToItself, tooManyDestinations, unknownDestinationRegion } from './replication-errors.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html */
const MAX_UNIQUE_DESTINATIONS = 25

/**
 * Validates the rules of a replication configuration beyond what the API model says. Throws InvalidParameterException
 * for a destination that is this registry, a Region that the registry cannot replicate to, or too many destinations.
 */
export function acceptRules(rules: readonly ReplicationRule[], registry: Registry): void {
  const own = { region: registry.region, registryId: registry.account }
  const destinations = allDestinations(rules)
  if (destinations.some((destination) => isSameDestination(destination, own))) throw replicationToItself()
  const unknown = destinations.find(({ region }) => !isDestinationRegion(region, registry.region))
  if (unknown) throw unknownDestinationRegion(unknown.region)
  if (destinations.length > MAX_UNIQUE_DESTINATIONS) throw tooManyDestinations(MAX_UNIQUE_DESTINATIONS)
}
