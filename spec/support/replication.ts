import { PutReplicationConfigurationCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { imageActivationsTask } from '../../src/background/image-activations.js'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageEvents } from '../../src/background/image-events.js'
import { pendingReplicationsTask } from '../../src/background/replication/pending-replications.js'
import { replicationReaction } from '../../src/background/replication/replication-reaction.js'
import { replicator, type ReplicatorDeps } from '../../src/background/replication/replicator.js'
import { eventLog } from '../../src/registry/event-log.js'
import { installation, type Registry } from '../../src/registry/registry.js'
import { account, type EmulatorOptions, startEmulator } from './emulator.js'

/** A second Region of the account, and another account, that specs replicate to. */
export const otherRegion = 'eu-west-1'
export const otherAccount = '444455556666'
export const inOtherRegion: Registry = { account, region: otherRegion }

/** A run of a task that is never interrupted. */
export const uninterrupted = new AbortController().signal

/** Two accounts, each with a developer who has every permission in ECR. */
export const twoAccounts = {
  [account]: developer('AKIDEXAMPLE'),
  [otherAccount]: developer('AKIDOTHER'),
}

function developer(accessKeyId: string) {
  const policies = ['AmazonEC2ContainerRegistryFullAccess']
  return { users: { developer: { accessKeys: { [accessKeyId]: 'secret' }, policies } } }
}

/** A control plane with the background work of replication, which runs when a spec says so. */
export async function startReplicating(options: EmulatorOptions = {}) {
  const emulator = await startEmulator({ accounts: twoAccounts, ...options })
  const events = eventLog(emulator.deps)
  const replicate = replicator(emulator.deps)
  const parts = { ...emulator.deps, events, replicate }
  const activations = imageActivationsTask(parts)
  const changes = imageChangesTask(parts, [imageEvents(parts), replicationReaction(parts)])
  const pending = pendingReplicationsTask(parts)
  return {
    ...emulator,
    parts,
    /** A client of the account in another Region. */
    there: emulator.as('AKIDEXAMPLE', otherRegion),
    /** Everything that is due happens: changes are passed on, and images copied; the copies' changes are passed on too. */
    async settle() {
      for (let round = 0; round < 2; round++) {
        await activations.run(uninterrupted)
        await changes.run(uninterrupted)
        await pending.run(uninterrupted)
      }
    },
    /** Copies images with other parts than the emulator's. */
    replicatorWith: (other: Partial<ReplicatorDeps>) => replicator({ ...emulator.deps, ...other }),
    passOnChanges: () => changes.run(uninterrupted),
    async eventsOf(detailType: string) {
      const { items } = await emulator.deps.store.events.list(installation, { limit: 1000 })
      return items.filter((event) => event['detail-type'] === detailType)
    },
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

/** A running emulator whose background work a spec runs. */
export type ReplicationEmulator = Awaited<ReturnType<typeof startReplicating>>

/** Configures one rule of these destinations and, if there are prefixes, of the repositories that they begin. */
export const configureReplication = (
  ecr: ECRClient,
  destinations: { region: string; registryId: string }[],
  prefixes?: string[],
) =>
  ecr.send(
    new PutReplicationConfigurationCommand({
      replicationConfiguration: {
        rules: [
          {
            destinations,
            ...(prefixes && {
              repositoryFilters: prefixes.map((filter) => ({ filter, filterType: 'PREFIX_MATCH' as const })),
            }),
          },
        ],
      },
    }),
  )
