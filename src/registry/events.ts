/**
 * The members of every EventBridge event.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
interface Envelope {
  version: '0'
  id: string
  account: string
  time: string
  region: string
  resources: string[]
}

/**
 * An action of the pull through cache, in the form of EventBridge's `ECR Pull Through Cache Action`. Our additional
 * members help tests: the kind of action and why it ended as it did.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface CacheEvent extends Envelope {
  'detail-type': 'ECR Pull Through Cache Action'
  source: 'aws.ecr'
  detail: {
    'rule-version': '1'
    /** AWS documents only SUCCESS; the others are ours (docs/fidelity.md). */
    'sync-status': 'IN_PROGRESS' | 'SUCCESS' | 'FAILED'
    'ecr-repository-prefix': string
    'repository-name': string
    'upstream-registry-url': string
    'image-tag'?: string
    'image-digest'?: string
    /** Ours: what was attempted. */
    action: 'import' | 'check' | 'referrers'
    /**
     * Ours: the result, for example `imported`, `unchanged`, `tag immutable, old image kept`, or the reason of a
     * failure.
     */
    outcome: string
    /** Ours: the ARN of the account's service-linked role. */
    principal: string
  }
}

/**
 * A client's pull from a repository: its manifests and the layers that followed. The service sends no event for a pull,
 * so this one has a type and a source of ours.
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
    /** `miss` if anything had to be fetched from the upstream. */
    'cache-result': 'hit' | 'miss'
    /** Bytes of manifests and layers. Those that a redirect lets the client fetch from the bucket are included. */
    'bytes-from-cache': number
    'bytes-from-upstream': number
  }
}

/**
 * A pushed image that a signing profile applies to, and which is not signed. AWS lists no event for signing, so this
 * one has a type and a source of ours. https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ecr.html
 */
export interface SigningEvent extends Envelope {
  'detail-type': 'ecr-local Image Signing'
  source: 'ecr-local'
  detail: {
    'repository-name': string
    'image-digest': string
    'image-tags': string[]
    'signing-profile-arn': string
    'signing-status': 'FAILED'
    reason: string
  }
}

/**
 * A change of an image, in the form of EventBridge's `ECR Image Action`, or `ECR Referrer Action` for a manifest that
 * refers to another image (a signature, an SBOM).
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface ImageActionEvent extends Envelope {
  'detail-type': 'ECR Image Action' | 'ECR Referrer Action'
  source: 'aws.ecr'
  detail: {
    result: 'SUCCESS'
    'repository-name': string
    'image-digest': string
    'action-type': 'PUSH' | 'DELETE' | 'UPDATE_STORAGE_CLASS'
    'image-tag'?: string
    'manifest-media-type'?: string
    'artifact-media-type'?: string
    'target-storage-class'?: string
    'last-activated-at'?: string
  }
}

/**
 * A scan that has ended, in the form of EventBridge's `ECR Image Scan`.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface ImageScanEvent extends Envelope {
  'detail-type': 'ECR Image Scan'
  source: 'aws.ecr'
  detail: {
    /** AWS documents only COMPLETE; the others are ours (docs/fidelity.md). */
    'scan-status': string
    'repository-name': string
    /** Only the severities that occur. */
    'finding-severity-counts': Partial<Record<string, number>>
    'image-digest': string
    'image-tags': string[]
  }
}

/**
 * Repositories whose scan frequency was changed, in the form of EventBridge's `ECR Scan Resource Change`.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface ScanResourceChangeEvent extends Envelope {
  'detail-type': 'ECR Scan Resource Change'
  source: 'aws.ecr'
  detail: {
    'action-type': 'SCAN_FREQUENCY_CHANGE'
    repositories: {
      'repository-name': string
      'repository-arn': string
      'scan-frequency': string
      'previous-scan-frequency': string
    }[]
    'resource-type': 'REPOSITORY'
    'scan-type': 'ENHANCED'
  }
}

/**
 * The end of an image's replication, in the form of EventBridge's `ECR Replication Action`. It is an event of the
 * destination.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface ReplicationEvent extends Envelope {
  'detail-type': 'ECR Replication Action'
  source: 'aws.ecr'
  detail: {
    result: 'SUCCESS' | 'FAILED'
    'repository-name': string
    'image-digest': string
    'source-account': string
    'action-type': 'REPLICATE'
    'source-region': string
    'image-tag'?: string
  }
}

/**
 * The end of a replication backfill. That there is an event is documented; its form is ours (docs/fidelity.md).
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-backfill.html
 */
export interface ReplicationBackfillEvent extends Envelope {
  'detail-type': 'ECR Replication Backfill Action'
  source: 'aws.ecr'
  detail: {
    'replication-backfill-id': string
    status: 'COMPLETE' | 'FAILED' | 'STOPPED'
    'failure-code'?: string
    'destination-account': string
    'destination-region': string
    /** The counts are absent if it was stopped before they were known. */
    'total-replication-count'?: number
    'completed-replication-count'?: number
    'failed-replication-count'?: number
  }
}

/** An event as `/_admin/events` lists it and sinks receive it. */
export type RecordedEvent =
  | SigningEvent
  | CacheEvent
  | PullEvent
  | ImageActionEvent
  | ImageScanEvent
  | ScanResourceChangeEvent
  | ReplicationEvent
  | ReplicationBackfillEvent
