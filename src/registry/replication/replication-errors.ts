import { invalidParameterAt, ServiceException } from '../errors.js'

/*
 * The errors of replication. The texts marked (documented) are AWS's descriptions of exceptions; those marked
 * (inferred) are ours, because no capture is public. See docs/fidelity.md.
 */

/** As another emulator captured it, https://github.com/getmoto/moto/pull/4170 */
export const replicationToItself = () =>
  invalidParameterAt('replicationConfiguration', 'Replication destination cannot be the same as the source registry')

/** (inferred) */
export const unknownDestinationRegion = (region: string) =>
  invalidParameterAt('replicationConfiguration', `Replication destination region '${region}' is not valid`)

/** (inferred) */
export const tooManyDestinations = (limit: number) =>
  invalidParameterAt(
    'replicationConfiguration',
    `Replication configuration must have less than or equal to ${limit} unique destinations`,
  )

/** (inferred) */
export const destinationNotConfigured = () =>
  invalidParameterAt('destination', "Destination must be configured in the registry's replication configuration")

/** (documented) */
export const replicationBackfillInProgress = () =>
  new ServiceException(
    'ReplicationBackfillInProgressException',
    'A replication backfill is already in progress for the specified destination Region. This occurs because only one replication backfill can be in progress for a given destination Region at a time. Wait for the in progress backfill to reach a terminal status, or stop it with the StopReplicationBackfill operation, before starting another one.',
  )

/** (documented) */
export const replicationBackfillNotFound = () =>
  new ServiceException(
    'ReplicationBackfillNotFoundException',
    'The specified replication backfill could not be found. Check the specified replication backfill ID and ensure that you are operating on the correct registry.',
  )

/** (documented) */
export const replicationBackfillInvalidStatus = () =>
  new ServiceException(
    'ReplicationBackfillInvalidStatusException',
    "The requested operation can't be performed on the replication backfill because it is not in a valid status for that operation. For example, you can't stop a replication backfill that has already reached a terminal status. Use the DescribeReplicationBackfillResults operation to check the current status before retrying.",
  )
