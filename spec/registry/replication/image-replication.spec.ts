import { describe, expect, it } from 'vitest'
import {
  type ImageReplication,
  type PendingReplication,
  replicationKey,
  replicationName,
  replicationStatus,
  withPending,
  withResult,
} from '../../../src/registry/replication/image-replication.js'
import { nextAttempt } from '../../../src/registry/replication/replication-attempts.js'

const destination = { region: 'eu-west-1', registryId: '123456789012' }
const elsewhere = { region: 'us-west-2', registryId: '123456789012' }
const empty: ImageReplication = { repository: 'app', digest: 'sha256:1', destinations: [] }
const pushed = (changes: Partial<PendingReplication> = {}): PendingReplication => ({
  repository: 'app',
  digest: 'sha256:1',
  tags: ['v1'],
  destination,
  changedAt: 5,
  dueAt: 5,
  attempts: 0,
  ...changes,
})
const statuses = ({ destinations }: ImageReplication) => destinations.map((each) => replicationStatus(each).status)

describe('the record of an image’s replications', () => {
  it('A destination is IN_PROGRESS while any replication to it has no result', () => {
    const [v1, v2] = [pushed(), pushed({ tags: ['v2'] })]
    const both = withPending(withPending(empty, v1), v2)
    const one = withResult(both, destination, { status: 'COMPLETE' }, replicationName(v1))
    expect(statuses(one)).toEqual(['IN_PROGRESS'])
    expect(statuses(withResult(one, destination, { status: 'COMPLETE' }, replicationName(v2)))).toEqual(['COMPLETE'])
  })

  it('Planning a replication twice is the same as planning it once', () => {
    const once = withPending(empty, pushed())
    expect(withPending(once, pushed())).toEqual(once)
  })

  it('Destinations do not affect each other, and keep the order in which they were planned', () => {
    const planned = withPending(withPending(empty, pushed()), pushed({ destination: elsewhere }))
    const failed = withResult(planned, elsewhere, { status: 'FAILED', failureCode: 'AccessDenied' }, '5 v1')
    expect(statuses(failed)).toEqual(['IN_PROGRESS', 'FAILED'])
  })

  it('A result without a plan, that of a backfill, leaves what is planned IN_PROGRESS', () => {
    expect(statuses(withResult(empty, destination, { status: 'COMPLETE' }))).toEqual(['COMPLETE'])
    const planned = withPending(empty, pushed())
    expect(statuses(withResult(planned, destination, { status: 'COMPLETE' }))).toEqual(['IN_PROGRESS'])
  })
})

describe('attempts of a replication', () => {
  it('The keys of pending replications are in the order in which they are due', () => {
    const due = [9, 10, 100, 1_800_000_000_000]
    const keys = due.map((dueAt) => replicationKey(pushed({ dueAt })))
    expect([...keys].sort()).toEqual(keys)
  })

  it('The delay doubles from a second to five minutes, and there are 300 attempts', () => {
    const delays: number[] = []
    const now = new Date(1000)
    let pending: PendingReplication | undefined = pushed()
    for (; pending; pending = nextAttempt(pending, now)) delays.push((pending.dueAt - now.getTime()) / 1000)
    expect(delays.slice(1, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    expect(delays).toHaveLength(300)
  })
})
