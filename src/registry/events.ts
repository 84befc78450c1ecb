/**
 * What the cache did, in EventBridge's shape (`ECR Pull Through Cache Action`), with what a test wants to know beside
 * it: which kind of action, and why it ended as it did.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface CacheEvent {
  version: '0'
  id: string
  'detail-type': 'ECR Pull Through Cache Action'
  source: 'aws.ecr'
  account: string
  time: string
  region: string
  resources: string[]
  detail: {
    'rule-version': '1'
    /** AWS documents SUCCESS only; FAILED is ours (docs/fidelity.md). */
    'sync-status': 'SUCCESS' | 'FAILED'
    'ecr-repository-prefix': string
    'repository-name': string
    'upstream-registry-url': string
    'image-tag'?: string
    'image-digest'?: string
    /** Ours: what was attempted. */
    action: 'import' | 'check'
    /** Ours: how it ended, for example `imported`, `unchanged`, `tag immutable, old image kept`, or why it failed. */
    outcome: string
    /** Ours: who did it, the service-linked role of the account. */
    principal: string
  }
}
