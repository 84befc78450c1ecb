/** What every event of EventBridge says. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
interface Envelope {
  version: '0'
  id: string
  account: string
  time: string
  region: string
  resources: string[]
}

/**
 * What the cache did, in EventBridge's shape (`ECR Pull Through Cache Action`), with what a test wants to know beside
 * it: which kind of action, and why it ended as it did.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface CacheEvent extends Envelope {
  'detail-type': 'ECR Pull Through Cache Action'
  source: 'aws.ecr'
  detail: {
    'rule-version': '1'
    /** AWS documents SUCCESS only; the others are ours (docs/fidelity.md). */
    'sync-status': 'IN_PROGRESS' | 'SUCCESS' | 'FAILED'
    'ecr-repository-prefix': string
    'repository-name': string
    'upstream-registry-url': string
    'image-tag'?: string
    'image-digest'?: string
    /** Ours: what was attempted. */
    action: 'import' | 'check' | 'referrers'
    /** Ours: how it ended, for example `imported`, `unchanged`, `tag immutable, old image kept`, or why it failed. */
    outcome: string
    /** Ours: who did it, the service-linked role of the account. */
    principal: string
  }
}

/**
 * One caller's pull from one repository: its manifests and the layers that followed. Ours, since the service sends no
 * event for a pull, so neither its type nor its source is one of AWS's.
 */
export interface PullEvent extends Envelope {
  'detail-type': 'ecr-local Image Pull'
  source: 'ecr-local'
  detail: {
    'repository-name': string
    'image-tags': string[]
    'image-digests': string[]
    /** ARN of the caller. */
    principal: string
    /** `miss` where anything had to be fetched from the upstream. */
    'cache-result': 'hit' | 'miss'
    /** Bytes of manifests and layers; those of a redirect to the bucket count as sent. */
    'bytes-from-cache': number
    'bytes-from-upstream': number
  }
}

/** What `/_admin/events` lists. */
export type RecordedEvent = CacheEvent | PullEvent
