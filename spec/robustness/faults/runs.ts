import { startRedisSentinel } from '../../support/redis-sentinel.js'
import { startRedis } from '../../support/redis.js'
import { environmentOf } from '../../support/s3-blobs.js'
import { startS3Server } from '../../support/s3-server.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { failedOver } from './failovers.js'
import {
  dayPassed,
  install,
  type Outcome,
  planesKilled,
  redisTroubled,
  s3Troubled,
  suffer,
  upstreamTroubled,
} from './scenarios.js'
import { skewedClock } from './skewed-clock.js'

/** A scenario that runs until this many faults have been injected. */
export interface Scenario {
  /** A sentence, used as the title of a spec. */
  readonly title: string
  /** The number of faults in the short run of the specs: each kind at least once. */
  readonly short: number
  /** The number of faults in `npm run test:soak`. */
  readonly long: number
  readonly run: (rounds: number) => Promise<Outcome>
}

const HOUR_MS = 3_600_000

const scenarios: readonly Scenario[] = [
  {
    title: 'Planes killed at random moments lose nothing and serve nothing wrong (embedded store, one disk)',
    ...{ short: 12, long: 200 },
    async run(rounds) {
      await using installation = await install({})
      return await suffer('planes killed, embedded store', installation, planesKilled(installation.planes), rounds)
    },
  },
  {
    title: 'Planes, Redis and upstream that fail while days pass lose nothing and serve nothing wrong (one disk)',
    ...{ short: 24, long: 200 },
    async run(rounds) {
      await using redis = await startRedis({ appendonly: true })
      const garbage = { graceSeconds: 20, sweepIntervalSeconds: 5 }
      await using installation = await install({ store: redis.url, config: { garbage } })
      const { planes, upstream } = installation
      const faults = [
        ...[...planesKilled(planes), ...redisTroubled(redis)],
        ...[...upstreamTroubled(upstream), dayPassed(installation)],
      ]
      return await suffer('all broken', installation, faults, rounds)
    },
  },
  {
    title: 'An S3 that fails in every way, with planes and Redis failing too, loses nothing and serves nothing wrong',
    ...{ short: 14, long: 100 },
    async run(rounds) {
      await using s3 = await startS3Server()
      await using redis = await startRedis({ appendonly: true })
      await using installation = await install({ store: redis.url, blobs: 's3://images/team', env: environmentOf(s3) })
      const faults = [...s3Troubled(s3), ...planesKilled(installation.planes), ...redisTroubled(redis)]
      return await suffer('all broken, S3', installation, faults, rounds)
    },
  },
  {
    title: 'A Redis that fails over, also with a silent sentinel, loses nothing that a replica confirmed',
    ...{ short: 2, long: 10 },
    async run(rounds) {
      await using redis = await startRedisSentinel()
      await using installation = await install({ store: `${redis.url}?wait=1` })
      return await suffer('failovers', installation, failedOver(redis), rounds)
    },
  },
  {
    title: 'A machine whose clock is two hours ahead loses nothing and serves nothing wrong while days pass',
    ...{ short: 3, long: 20 },
    async run(rounds) {
      await using directory = await temporaryDirectory()
      await using redis = await startRedis({ appendonly: true })
      await using installation = await install({ store: redis.url })
      await installation.planes.kill(1)
      await installation.planes.restart(1, await skewedClock(directory.path, 2 * HOUR_MS))
      return await suffer('one clock ahead', installation, [dayPassed(installation)], rounds)
    },
  },
]

/** The scenarios by title. The specs run them briefly, `npm run test:soak` at length. */
export const titledScenarios = scenarios.map((scenario) => [scenario.title, scenario] as const)
