import type { RecordedEvent } from './events.js'
import type { Failure } from './failure.js'
import { listEach } from './list-records.js'
import type { Store } from './ports/store.js'
import { installation, type Registry } from './registry.js'

/** How far back failures are looked for, by the emulator's time. */
const WITHIN_MS = 24 * 3600 * 1000

/** The latest failures among the events of the last day, the latest one first. */
export async function latestFailures({ events }: Store, now: Date, atMost: number): Promise<Failure[]> {
  const after = new Date(now.getTime() - WITHIN_MS).toISOString()
  const failures: Failure[] = []
  for await (const event of listEach(events, installation, { after })) {
    const failure = failureIn(event)
    if (failure) failures.push({ ...pick(event), ...failure })
    if (failures.length > atMost) failures.shift()
  }
  return failures.reverse()
}

/** An image, by a tag or a digest, that a pull has asked for. */
interface PulledImage {
  readonly registry: Registry
  readonly repository: string
  readonly reference: string
}

/** Why the image's import failed that began at this time or later; undefined if none did. */
export async function failedImport(
  { events }: Pick<Store, 'events'>,
  { registry, repository, reference }: PulledImage,
  since: Date,
): Promise<string | undefined> {
  const what = `import of ${repository}${reference.includes(':') ? '@' : ':'}${reference}`
  for await (const event of listEach(events, installation, { after: since.toISOString() })) {
    const failure = failureIn(event)
    const isHere = event.account === registry.account && event.region === registry.region
    if (isHere && failure?.what === what) return failure.reason
  }
  return undefined
}

const pick = ({ time, account, region }: RecordedEvent) => ({ time, account, region })

/** What an event says about a failure; undefined if it reports none. */
function failureIn(event: RecordedEvent): Pick<Failure, 'what' | 'reason'> | undefined {
  switch (event['detail-type']) {
    case 'ECR Pull Through Cache Action': {
      const { action, outcome, 'sync-status': status, ...detail } = event.detail
      return status === 'FAILED' ? { what: `${action} of ${imageIn(detail)}`, reason: outcome } : undefined
    }
    case 'ecr-local Image Signing':
      return { what: `signature of ${imageIn(event.detail)}`, reason: event.detail.reason }
    case 'ECR Image Scan': {
      const { 'scan-status': status } = event.detail
      return status === 'FAILED' ? { what: `scan of ${imageIn(event.detail)}`, reason: status } : undefined
    }
    case 'ECR Replication Action': {
      const { result, 'source-account': account, 'source-region': region } = event.detail
      const from = `from ${account} in ${region}`
      return result === 'FAILED' ? { what: `replication of ${imageIn(event.detail)}`, reason: from } : undefined
    }
    case 'ECR Replication Backfill Action': {
      const { status, 'failure-code': code = status, 'replication-backfill-id': id } = event.detail
      return status === 'FAILED' ? { what: `replication backfill ${id}`, reason: code } : undefined
    }
    default:
      return undefined
  }
}

function imageIn(detail: { 'repository-name': string; 'image-tag'?: string; 'image-digest'?: string }): string {
  const { 'repository-name': repository, 'image-tag': tag, 'image-digest': digest } = detail
  if (tag !== undefined) return `${repository}:${tag}`
  return digest === undefined ? repository : `${repository}@${digest}`
}
