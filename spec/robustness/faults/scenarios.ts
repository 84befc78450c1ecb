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

/** An installation of several planes with a load's upstream and token. */
export interface Installation extends AsyncDisposable {
  readonly planes: Planes
  readonly upstream: FaultyUpstream
  /** The authorization token of the last login. */
  readonly token: string
  /** Gets a new token, as a client does whose token is over after twelve hours. */
  login(): Promise<void>
}

/** Two data planes and two control planes, unless said, on one store; a rule for the upstream is there. */
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

/** What a run came to. */
export interface Outcome {
  readonly figures: Figures
  readonly acknowledged: readonly Acknowledged[]
}

/** Puts a load on an installation, breaks so many things, and prints and answers what it came to. */
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

/** SIGKILL of each plane, and a start some time later. */
export const planesKilled = (planes: Planes): Fault[] =>
  planes.planes.map((_, index) => ({
    name: `plane ${index} killed`,
    async inflict() {
      await planes.kill(index)
      await pause(50)
      await planes.restart(index)
    },
  }))

/** What Redis goes through: killed, stopped for longer than a request waits, restarted in an instant. */
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

/** What an S3 does wrong, some requests long; the longest-lived first, that nobody waits for it at the end. */
export const s3Troubled = (s3: S3Server): Fault[] =>
  (['hang', 500, 503, 'truncate', 'reset', 'lost', 'late'] as const).map((fault) => ({
    name: `S3: ${fault}`,
    async inflict() {
      s3.failNext(4, fault)
      await pause(400)
      s3.heal()
    },
  }))

/** A day more on one control plane: it is a day more everywhere, every tag is due, and every client has to log in again. */
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

/** Whatever an upstream does wrong, some requests long. */
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
