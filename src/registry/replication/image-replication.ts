import { isSameDestination, type ReplicationDestination } from './replication-configuration.js'

/** The record of where an image was replicated to, from which DescribeImageReplicationStatus is answered. */
export interface ImageReplication {
  readonly repository: string
  readonly digest: string
  readonly destinations: readonly DestinationStatus[]
}

/** The result of an image's replications to one destination. */
export interface DestinationStatus extends ReplicationDestination {
  /** Names the replications that have no result yet (`replicationName`), for example one of each tag. */
  readonly pending: readonly string[]
  /** The latest result. */
  readonly result?: ReplicationResult
}

/** How a replication ended. */
export type ReplicationResult =
  { readonly status: 'COMPLETE' } | { readonly status: 'FAILED'; readonly failureCode: string }

/** The record that an image, with tags of one push, is to be copied to a destination. */
export interface PendingReplication {
  readonly repository: string
  readonly digest: string
  /** Copied if the image still has them. */
  readonly tags: readonly string[]
  readonly destination: ReplicationDestination
  /** When the image changed, in epoch milliseconds. */
  readonly changedAt: number
  /** When the next attempt is due, in epoch milliseconds. */
  readonly dueAt: number
  /** How many attempts had no result. */
  readonly attempts: number
}

/** The name of a replication among those of its image to one destination. */
export const replicationName = ({ changedAt, tags }: Pick<PendingReplication, 'changedAt' | 'tags'>): string =>
  `${changedAt} ${tags[0] ?? ''}`

/** The key of a pending replication, in the order in which they are due. */
export const replicationKey = (pending: PendingReplication): string => {
  const { dueAt, repository, digest, destination } = pending
  const { region, registryId } = destination
  return [String(dueAt).padStart(15, '0'), repository, digest, registryId, region, replicationName(pending)].join(' ')
}

/** The status of an image's replications to one destination, as the API names it. */
export const replicationStatus = ({
  pending,
  result,
}: DestinationStatus): ReplicationResult | { status: 'IN_PROGRESS' } =>
  pending.length > 0 || !result ? { status: 'IN_PROGRESS' } : result

/** The record after a replication to this destination was planned. */
export const withPending = (record: ImageReplication, { destination, ...pending }: PendingReplication) =>
  changed(record, destination, (status) => ({
    ...status,
    pending: [...new Set([...status.pending, replicationName(pending)])],
  }))

/** The record after a replication to this destination ended; `name` is that of one that was planned. */
export const withResult = (
  record: ImageReplication,
  destination: ReplicationDestination,
  result: ReplicationResult,
  name?: string,
) =>
  changed(record, destination, (status) => ({
    ...status,
    pending: status.pending.filter((other) => other !== name),
    result,
  }))

function changed(
  record: ImageReplication,
  { region, registryId }: ReplicationDestination,
  change: (status: DestinationStatus) => DestinationStatus,
): ImageReplication {
  const existing = record.destinations.find((status) => isSameDestination(status, { region, registryId }))
  if (!existing)
    return { ...record, destinations: [...record.destinations, change({ region, registryId, pending: [] })] }
  return {
    ...record,
    destinations: record.destinations.map((status) => (status === existing ? change(status) : status)),
  }
}
