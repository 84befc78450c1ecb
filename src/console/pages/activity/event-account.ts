import type {
  CacheEvent,
  ImageActionEvent,
  ImageScanEvent,
  PullEvent,
  RecordedEvent,
  ReplicationBackfillEvent,
  ReplicationEvent,
  ScanResourceChangeEvent,
  SigningEvent,
} from '../../../registry/events.js'
import { formatBytes } from '../../../registry/amounts.js'
import { shortDigest } from '../../parts/short-digest.js'

/** The kinds of events that can be chosen. */
export const eventKinds = ['Pull', 'Import', 'Check', 'Image', 'Scan', 'Replication', 'Signing'] as const

export type EventKind = (typeof eventKinds)[number]

/** An event as people tell it. */
export interface EventAccount {
  readonly kind: EventKind
  readonly status: 'success' | 'error' | 'in-progress' | 'info'
  /** What happened, in a sentence whose subject is the image, if there is one. */
  readonly what: string
  /** How it ended. */
  readonly outcome: string
  readonly repository?: string
  /** The image, by its tag or its digest. */
  readonly image?: string
  /** ARN of who did it. */
  readonly who?: string
  /** ecrRepositoryPrefix of the rule. */
  readonly rule?: string
}

/** Tells an event. */
export function accountOf(event: RecordedEvent): EventAccount {
  switch (event['detail-type']) {
    case 'ecr-local Image Pull':
      return ofPull(event)
    case 'ECR Pull Through Cache Action':
      return ofCache(event)
    case 'ECR Image Action':
    case 'ECR Referrer Action':
      return ofImage(event)
    case 'ECR Image Scan':
      return ofScan(event)
    case 'ECR Scan Resource Change':
      return ofScanChange(event)
    case 'ECR Replication Action':
      return ofReplication(event)
    case 'ECR Replication Backfill Action':
      return ofBackfill(event)
    case 'ecr-local Image Signing':
      return ofSigning(event)
  }
}

interface NamedImage {
  readonly 'repository-name': string
  readonly 'image-tag'?: string
  readonly 'image-tags'?: readonly string[]
  readonly 'image-digest'?: string
  readonly 'image-digests'?: readonly string[]
}

function imageOf(detail: NamedImage): Pick<EventAccount, 'repository' | 'image'> {
  const { 'repository-name': repository } = detail
  const tag = detail['image-tag'] ?? detail['image-tags']?.[0]
  const digest = detail['image-digest'] ?? detail['image-digests']?.[0]
  return { repository, image: tag !== undefined ? `:${tag}` : digest !== undefined ? `@${digest}` : '' }
}

function ofPull({ detail }: PullEvent): EventAccount {
  const { 'bytes-from-cache': cached, 'bytes-from-upstream': fetched } = detail
  const isHit = detail['cache-result'] === 'hit'
  return {
    kind: 'Pull',
    status: 'success',
    what: 'was pulled',
    outcome: isHit
      ? `from the cache: ${formatBytes(cached)}`
      : `${formatBytes(fetched)} from the upstream, ${formatBytes(cached)} from the cache`,
    ...imageOf(detail),
    who: detail.principal,
  }
}

const CACHE_STATUS = { SUCCESS: 'success', FAILED: 'error', IN_PROGRESS: 'in-progress' } as const

/** What each action of the cache is called while it goes on, when it has succeeded, and when it has failed. */
const CACHE_ACTION = {
  import: {
    IN_PROGRESS: 'is being imported from',
    SUCCESS: 'was imported from',
    FAILED: 'could not be imported from',
  },
  check: { IN_PROGRESS: 'is being compared with', SUCCESS: 'was compared with', FAILED: 'could not be compared with' },
  referrers: {
    IN_PROGRESS: 'has its signatures and other referrers looked up in',
    SUCCESS: 'had its signatures and other referrers looked up in',
    FAILED: 'could not have its signatures and other referrers looked up in',
  },
} as const

function ofCache({ detail }: CacheEvent): EventAccount {
  return {
    kind: detail.action === 'import' ? 'Import' : 'Check',
    status: CACHE_STATUS[detail['sync-status']],
    what: `${CACHE_ACTION[detail.action][detail['sync-status']]} ${detail['upstream-registry-url']}`,
    outcome: detail.outcome,
    ...imageOf(detail),
    rule: detail['ecr-repository-prefix'],
  }
}

const IMAGE_ACTION = {
  PUSH: 'was pushed',
  DELETE: 'was deleted',
  UPDATE_STORAGE_CLASS: 'changed its storage class',
} as const

function ofImage({ detail, 'detail-type': type }: ImageActionEvent): EventAccount {
  const { 'target-storage-class': storageClass, 'image-digest': digest } = detail
  return {
    kind: 'Image',
    status: 'success',
    what: `${type === 'ECR Referrer Action' ? '(a referrer) ' : ''}${IMAGE_ACTION[detail['action-type']]}`,
    outcome: storageClass === undefined ? shortDigest(digest) : `to ${storageClass}`,
    ...imageOf(detail),
  }
}

function ofScan({ detail }: ImageScanEvent): EventAccount {
  const { 'scan-status': status, 'finding-severity-counts': found } = detail
  const findings = Object.entries(found).map(([severity, count]) => `${count} ${severity.toLowerCase()}`)
  return {
    kind: 'Scan',
    status: status === 'FAILED' ? 'error' : 'success',
    what: 'was scanned',
    outcome: `${status}: ${findings.length === 0 ? 'no findings' : findings.join(', ')}`,
    ...imageOf(detail),
  }
}

function ofScanChange({ detail: { repositories } }: ScanResourceChangeEvent): EventAccount {
  const changes = repositories.map((one) => `${one['repository-name']}: ${one['scan-frequency']}`)
  return {
    kind: 'Scan',
    status: 'info',
    what: 'The scan frequency of repositories has changed',
    outcome: changes.slice(0, MAX_NAMED).join(', '),
  }
}

const MAX_NAMED = 5

function ofReplication({ detail }: ReplicationEvent): EventAccount {
  return {
    kind: 'Replication',
    status: detail.result === 'SUCCESS' ? 'success' : 'error',
    what: `was replicated from ${detail['source-account']} in ${detail['source-region']}`,
    outcome: detail.result,
    ...imageOf(detail),
  }
}

function ofBackfill({ detail }: ReplicationBackfillEvent): EventAccount {
  const { status, 'failure-code': code, 'completed-replication-count': done, 'total-replication-count': all } = detail
  return {
    kind: 'Replication',
    status: status === 'FAILED' ? 'error' : 'success',
    what: `Backfill to ${detail['destination-account']} in ${detail['destination-region']}`,
    outcome: [status, code, done !== undefined && `${done} of ${all ?? 0} images`].filter(Boolean).join(', '),
  }
}

function ofSigning({ detail }: SigningEvent): EventAccount {
  return {
    kind: 'Signing',
    status: 'error',
    what: 'is not signed',
    outcome: detail.reason,
    ...imageOf(detail),
    who: detail['signing-profile-arn'],
  }
}
