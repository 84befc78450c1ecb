import { yieldToEventLoop } from '../../coordination/event-loop.js'
import type { EventLog } from '../../registry/event-log.js'
import type { ScanResourceChangeEvent } from '../../registry/events.js'
import { listEach } from '../../registry/list-records.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { type Registry, repositoryArn } from '../../registry/registry.js'
import { SCANNING_CONFIGURATION, scanningOf } from '../../registry/scanning/scanning-configuration.js'
import type { StoredScanningConfiguration } from '../../registry/scanning/scanning-records.js'
import { anyDue } from '../any-due.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'

/** The dependencies of events about scanning configurations. */
export interface ScanningChangesDeps {
  readonly store: Store
  readonly events: Pick<EventLog, 'record'>
}

/**
 * The task that records which repositories are scanned at another frequency since a registry's configuration was put,
 * as EventBridge is told with enhanced scanning.
 */
export const scanningChangesTask = ({ store, events }: ScanningChangesDeps): Task => ({
  name: 'scanning changes',
  everyMs: 5_000,
  watches: ['scanningConfigurations'],
  isDue: () => anyDue(store, store.scanningConfigurations, ({ previous }) => previous !== undefined),
  async run(stopSignal) {
    await attemptEach(await store.registries(), async (registry) => {
      const stored = await store.scanningConfigurations.get(registry, SCANNING_CONFIGURATION)
      if (!stored?.previous) return
      if (stored.scanType === 'ENHANCED')
        for await (const repositories of changedRepositories(store, registry, stored)) {
          if (stopSignal.aborted) return
          await events.record(eventAbout(registry, repositories, stored), new Date(stored.updatedAt))
        }
      await store.scanningConfigurations.update(registry, SCANNING_CONFIGURATION, (present) =>
        present.updatedAt === stored.updatedAt ? withoutPrevious(present) : present,
      )
    })
  },
})

type ChangedRepositories = ScanResourceChangeEvent['detail']['repositories']

const REPOSITORIES_PER_EVENT = 100

async function* changedRepositories(
  store: Store,
  registry: Registry,
  { previous, ...present }: StoredScanningConfiguration,
): AsyncGenerator<ChangedRepositories, void> {
  let changed: ChangedRepositories = []
  for await (const repository of listEach(store.repositories, registry, {})) {
    const { scanFrequency } = scanningOf(present, repository)
    const before = scanningOf(previous ?? present, repository).scanFrequency
    if (scanFrequency === before) continue
    changed.push({
      'repository-name': repository.name,
      'repository-arn': repositoryArn(registry, repository.name),
      'scan-frequency': scanFrequency,
      'previous-scan-frequency': before,
    })
    if (changed.length < REPOSITORIES_PER_EVENT) continue
    yield changed
    changed = []
    await yieldToEventLoop()
  }
  if (changed.length > 0) yield changed
}

/** AWS's example names no resources outside of the detail. */
const eventAbout = (
  registry: Registry,
  repositories: ChangedRepositories,
  { updatedAt }: StoredScanningConfiguration,
) => {
  const repository = repositories[0]?.['repository-name'] ?? ''
  return {
    registry,
    repository,
    occurrence: keyOf('scanning configuration', String(updatedAt), repository),
    resources: [],
    'detail-type': 'ECR Scan Resource Change',
    source: 'aws.ecr',
    detail: {
      'action-type': 'SCAN_FREQUENCY_CHANGE',
      repositories,
      'resource-type': 'REPOSITORY',
      'scan-type': 'ENHANCED',
    },
  } satisfies Parameters<EventLog['record']>[0]
}

function withoutPrevious(configuration: StoredScanningConfiguration): StoredScanningConfiguration {
  const { scanType, rules, updatedAt } = configuration
  return { scanType, rules, updatedAt }
}
