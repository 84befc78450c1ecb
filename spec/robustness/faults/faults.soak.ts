import { describe, expect, it } from 'vitest'
import { startRedisSentinel } from '../../support/redis-sentinel.js'
import { startRedis } from '../../support/redis.js'
import { environmentOf } from '../../support/s3-blobs.js'
import { startS3Server } from '../../support/s3-server.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import {
  dayPassed,
  failedOver,
  install,
  planesKilled,
  redisTroubled,
  s3Troubled,
  suffer,
  upstreamTroubled,
} from './scenarios.js'
import { skewedClock } from './skewed-clock.js'

const MINUTE = 60_000
const whole = { wrongAnswers: [], lostWrites: [] }

describe('for a quarter of an hour', { timeout: 6 * MINUTE }, () => {
  it('planes killed at 200 moments lose nothing (embedded store, one disk)', async () => {
    await using installation = await install({})
    const extent = { rounds: 200, endAfterMs: 4 * MINUTE }
    const { figures } = await suffer('planes killed, embedded', installation, planesKilled(installation.planes), extent)
    expect(figures).toMatchObject(whole)
  })

  it('everything broken at once loses nothing (Redis, one disk)', async () => {
    await using redis = await startRedis({ appendonly: true })
    const garbage = { graceSeconds: 20, sweepIntervalSeconds: 5 }
    await using installation = await install({ store: redis.url, config: { garbage } })
    const { planes, upstream } = installation
    const faults = [...planesKilled(planes), ...redisTroubled(redis), ...upstreamTroubled(upstream), dayPassed(planes)]
    const { figures } = await suffer('all broken', installation, faults, { rounds: 200, endAfterMs: 4 * MINUTE })
    expect(figures).toMatchObject(whole)
  })

  it('everything broken at once loses nothing (Redis, S3)', async () => {
    await using s3 = await startS3Server()
    await using redis = await startRedis({ appendonly: true })
    await using installation = await install({ store: redis.url, blobs: 's3://images/team', env: environmentOf(s3) })
    const { planes } = installation
    const faults = [...s3Troubled(s3), ...planesKilled(planes), ...redisTroubled(redis)]
    const { figures } = await suffer('all broken, S3', installation, faults, { rounds: 100, endAfterMs: 3 * MINUTE })
    expect(figures).toMatchObject(whole)
  })

  it('failovers lose nothing that a replica confirmed', async () => {
    await using redis = await startRedisSentinel()
    await using installation = await install({ store: `${redis.url}?wait=1` })
    const extent = { rounds: 10, endAfterMs: 2 * MINUTE }
    const { figures } = await suffer('failovers', installation, [failedOver(redis)], extent)
    expect(figures).toMatchObject(whole)
  })

  it('a machine whose clock is two hours ahead loses nothing', async () => {
    await using directory = await temporaryDirectory()
    await using redis = await startRedis({ appendonly: true })
    await using installation = await install({ store: redis.url })
    const { planes } = installation
    await planes.kill(1)
    await planes.restart(1, await skewedClock(directory.path, 2 * 60 * MINUTE))
    const extent = { rounds: 20, endAfterMs: MINUTE }
    const { figures } = await suffer('one clock ahead', installation, [dayPassed(planes)], extent)
    expect(figures).toMatchObject(whole)
  })
})
