import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { setTimeout as pause } from 'node:timers/promises'
import { type FaultyUpstream, faultyUpstream } from '../../support/faulty-upstream.js'
import { type Planes, type PlanesOptions, startPlanes } from '../../support/planes.js'
import type { RedisProcess } from '../../support/redis.js'
import { authorizationToken, ecrClient } from '../../support/registry-client.js'
import {
  html,
  ignoreRange,
  reset,
  stall,
  status,
  tooManyRequests,
  truncate,
  unknownLength,
  withoutHeader,
  wrongBytes,
  type Fault as UpstreamFault,
} from '../../support/upstream-faults.js'
import type { S3Server } from '../../support/s3-server.js'
import { type Fault, inflictAll, print } from './chaos.js'
import { RECOVERY_MS, within } from './recovery.js'
import { type Acknowledged, type Figures, newFigures } from './load.js'

/** An installation of several planes, with the upstream and the token of its load. */
export interface Installation extends AsyncDisposable {
  readonly planes: Planes
  readonly upstream: FaultyUpstream
  /** The authorization token of the last login. */
  readonly token: string
  /** Fetches a new token, as clients do when theirs has expired after twelve hours. */
  login(): Promise<void>
}

/**
 * Starts two data planes and two control planes (unless the options differ) on one store, with a rule for the upstream.
 */
export async function install(options: PlanesOptions): Promise<Installation> {
  const upstream = await faultyUpstream()
  const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } }, ...options.config }
  const planes = await startPlanes({ control: 2, data: 2, ...options, config })
  const ecr = ecrClient(planes)
  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
  let token = await authorizationToken(ecr)
  return {
    ...{ planes, upstream },
    get token() {
      return token
    },
    login: async () => void (token = await within(RECOVERY_MS, 'a login', () => authorizationToken(ecr))),
    async [Symbol.asyncDispose]() {
      await planes[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

/** The result of a run. */
export interface Outcome {
  readonly figures: Figures
  readonly acknowledged: readonly Acknowledged[]
}

/** Puts a load on an installation, injects this many faults, prints the result and returns it. */
export async function suffer(
  name: string,
  installation: Installation,
  faults: readonly Fault[],
  rounds: number,
): Promise<Outcome> {
  const [figures, startedAt] = [newFigures(), performance.now()]
  const { planes, upstream } = installation
  const target = {
    ...{ endpoint: planes.endpoint, registry: planes.registry, upstream, figures },
    token: () => installation.token,
    name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
  }
  const acknowledged = await inflictAll({ target, faults, rounds, seed: SEED })
  print(name, startedAt, figures)
  return { figures, acknowledged }
}

const SEED = 20_260_102

/** Each plane is killed with SIGKILL and restarted shortly after. */
export const planesKilled = (planes: Planes): Fault[] =>
  planes.planes.map((_, index) => ({
    name: `plane ${index} killed`,
    async inflict() {
      await planes.kill(index)
      await pause(50)
      await planes.restart(index)
    },
  }))

/** Redis is killed, paused for longer than a request waits, and restarted at once. */
export const redisTroubled = (redis: RedisProcess): Fault[] => [
  {
    name: 'Redis killed',
    async inflict() {
      await redis.kill()
      await pause(200)
      await redis.restart()
    },
  },
  {
    name: 'Redis paused',
    async inflict() {
      redis.pause()
      await pause(4_000)
      redis.resume()
    },
  },
  { name: 'Redis restarted', inflict: () => redis.restart() },
]

/** S3 fails for a few requests. The longest fault comes first, so that it does not delay the end of a run. */
export const s3Troubled = (s3: S3Server): Fault[] =>
  (['hang', 500, 503, 'truncate', 'reset', 'lost', 'late'] as const).map((fault) => ({
    name: `S3: ${fault}`,
    async inflict() {
      s3.failNext(4, fault)
      await pause(400)
      s3.heal()
    },
  }))

/**
 * The clock of the installation is advanced by a day on one control plane. Then every tag is due and every client must
 * log in again.
 */
export const dayPassed = ({ planes, login }: Pick<Installation, 'planes' | 'login'>): Fault => ({
  name: 'a day passed',
  async inflict() {
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"advanceSeconds":86401}' }
    await within(RECOVERY_MS, 'the clock', async () => {
      const { ok, status } = await fetch(`http://${planes.addressOf(planes.planes.length - 1)}/_admin/clock`, asked)
      if (!ok) throw new Error(`The clock was not advanced: ${status}`)
    })
    await login()
  },
})

/** The upstream fails for a few requests in each way. */
export const upstreamTroubled = (upstream: FaultyUpstream): Fault[] =>
  Object.entries(upstreamFaults).map(([name, fault]) => ({
    name: `upstream: ${name}`,
    async inflict() {
      const lift = upstream.fault(/^(GET|HEAD) \/v2\//, fault, { times: 4 })
      await pause(300)
      lift()
      upstream.release()
    },
  }))

const upstreamFaults: Record<string, UpstreamFault> = {
  'no answer': stall(),
  'stalls midway': stall(10_000),
  'ends early': truncate(10_000),
  'ends early, and nobody can tell': truncate(10_000, 'close'),
  'resets before answering': reset(),
  'resets midway': reset(10_000),
  'ignores ranges': ignoreRange(),
  'other bytes': wrongBytes(),
  'a page instead': html(),
  '500': status(500),
  '503': status(503, { retryAfter: 1 }),
  '429': tooManyRequests(1),
  '404': status(404, { error: 'NAME_UNKNOWN' }),
  '403': status(403, { error: 'DENIED' }),
  'says no length': unknownLength(),
  'says no digest': withoutHeader('docker-content-digest'),
}
