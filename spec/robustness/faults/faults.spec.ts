import { describe, expect, it } from 'vitest'
import { startRedisSentinel } from '../../support/redis-sentinel.js'
import { startRedis } from '../../support/redis.js'
import { environmentOf } from '../../support/s3-blobs.js'
import { startS3Server } from '../../support/s3-server.js'
import { failedOver, install, planesKilled, redisTroubled, s3Troubled, suffer, upstreamTroubled } from './scenarios.js'

/** Enough to meet every fault once; `npm run test:soak` goes on for a quarter of an hour. */
const short = { rounds: 16, endAfterMs: 45_000 }
const BOUND_MS = 400_000

describe('under load, with several planes', () => {
  it(
    'planes killed at any moment lose nothing and serve nothing wrong (embedded store, one disk)',
    async () => {
      await using installation = await install({ control: 1 })
      const faults = planesKilled(installation.planes)
      const { figures, acknowledged } = await suffer('planes killed, embedded store', installation, faults, short)
      expect(figures).toMatchObject({ wrongAnswers: [], lostWrites: [] })
      expect(figures.faults).toBeGreaterThanOrEqual(faults.length)
      expect(acknowledged.length).toBeGreaterThan(20)
    },
    BOUND_MS,
  )

  it(
    'planes and Redis killed, paused and restarted lose nothing and serve nothing wrong (one disk)',
    async () => {
      await using redis = await startRedis({ appendonly: true })
      await using installation = await install({ store: redis.url })
      const faults = [...planesKilled(installation.planes), ...redisTroubled(redis)]
      const { figures, acknowledged } = await suffer('planes and Redis broken', installation, faults, short)
      expect(figures).toMatchObject({ wrongAnswers: [], lostWrites: [] })
      expect(figures.faults).toBeGreaterThanOrEqual(faults.length)
      expect(acknowledged.length).toBeGreaterThan(20)
    },
    BOUND_MS,
  )

  it(
    'an upstream that does everything wrong spoils nothing on two planes',
    async () => {
      await using redis = await startRedis()
      await using installation = await install({ store: redis.url })
      const faults = upstreamTroubled(installation.upstream)
      const { figures } = await suffer('upstream broken', installation, faults, { ...short, rounds: faults.length })
      expect(figures).toMatchObject({ wrongAnswers: [], lostWrites: [] })
      expect(figures.faults).toBe(faults.length)
    },
    BOUND_MS,
  )

  it(
    'an S3 that fails in every way spoils nothing, planes killed beside it',
    async () => {
      await using s3 = await startS3Server()
      await using redis = await startRedis({ appendonly: true })
      await using installation = await install({ store: redis.url, blobs: 's3://images/team', env: environmentOf(s3) })
      const faults = [...s3Troubled(s3), ...planesKilled(installation.planes)]
      const { figures } = await suffer('S3 broken', installation, faults, { ...short, rounds: faults.length })
      expect(figures).toMatchObject({ wrongAnswers: [], lostWrites: [] })
      expect(figures.faults).toBe(faults.length)
    },
    BOUND_MS,
  )

  it(
    'a Redis that its sentinels fail over loses nothing that a replica confirmed',
    async () => {
      await using redis = await startRedisSentinel()
      await using installation = await install({ store: `${redis.url}?wait=1`, control: 1 })
      const { figures } = await suffer('Redis failed over', installation, [failedOver(redis)], { ...short, rounds: 1 })
      expect(figures).toMatchObject({ faults: 1, wrongAnswers: [], lostWrites: [] })
    },
    2 * BOUND_MS,
  )
})
