import type { ImageActionEvent, PullEvent } from '../../src/registry/events.js'

/** The event of a push of this tag. */
export const pushEvent = (tag: string, region = 'us-east-1'): ImageActionEvent => ({
  version: '0',
  id: `id-of-${tag}`,
  account: '123456789012',
  time: '2026-01-02T03:04:05.678Z',
  region,
  resources: [],
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  detail: {
    result: 'SUCCESS',
    'repository-name': 'app',
    'image-digest': `sha256:${'a'.repeat(64)}`,
    'action-type': 'PUSH',
    'image-tag': tag,
  },
})

/** The event of a pull, which only this emulator has. */
export const pullEvent: PullEvent = {
  ...pushEvent('pulled'),
  'detail-type': 'ecr-local Image Pull',
  source: 'ecr-local',
  detail: {
    'repository-name': 'app',
    'image-tags': ['v1'],
    'image-digests': [],
    principal: 'arn:aws:iam::123456789012:root',
    'cache-result': 'hit',
    'bytes-from-cache': 1,
    'bytes-from-upstream': 0,
  },
}
