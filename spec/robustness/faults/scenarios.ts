import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { setTimeout as pause } from 'node:timers/promises'
import { type FaultyUpstream, faultyUpstream } from '../../support/faulty-upstream.js'
import { type Planes, type PlanesOptions, startPlanes } from '../../support/planes.js'
import { redisCli } from '../../support/redis-answers.js'
import type { RedisSentinel } from '../../support/redis-sentinel.js'
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
import { type Acknowledged, type Figures, newFigures } from './load.js'

/** An installation of several planes with a load's upstream and token. */
export interface Installation extends AsyncDisposable {
  readonly planes: Planes
  readonly upstream: FaultyUpstream
  readonly token: string
}

/** Two data planes and two control planes, unless said, on one store; a rule for the upstream is there. */
export async function install(options: PlanesOptions): Promise<Installation> {
  const upstream = await faultyUpstream()
  const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } }, ...options.config }
  const planes = await startPlanes({ control: 2, data: 2, ...options, config })
  const ecr = ecrClient(planes)
  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  await ecr.send(new CreatePullThroughCacheRuleCommand(rule))
  return {
    ...{ planes, upstream, token: await authorizationToken(ecr) },
    async [Symbol.asyncDispose]() {
      await planes[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

/** How long a scenario goes on: so many faults, within so much time. */
export interface Extent {
  readonly rounds: number
  readonly endAfterMs: number
}

/** Puts a load on an installation, breaks things, and prints and answers what it came to. */
export async function suffer(
  name: string,
  { planes, upstream, token }: Installation,
  faults: readonly Fault[],
  extent: Extent,
): Promise<{ figures: Figures; acknowledged: Acknowledged[] }> {
  const figures = newFigures()
  const { endpoint, registry } = planes
  const target = {
    endpoint,
    registry,
    token,
    upstream,
    figures,
    name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
  }
  const acknowledged = await inflictAll({ target, faults, ...extent, seed: SEED })
  print(name, figures)
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

/**
 * The master is killed; the sentinels make another one; the old one comes back as its replica, once no sentinel sends
 * clients to it any more: it begins with nothing.
 */
export const failedOver = ({ url, servers }: RedisSentinel): Fault => ({
  name: 'Redis failed over',
  async inflict() {
    const sentinels = [...url.matchAll(/:(\d+)/g)].map(([, port]) => Number(port))
    const [old] = await mastersBy(sentinels)
    const killed = servers.find(({ port }) => port === old)
    if (!killed) throw new Error(`The sentinels name ${old ?? 'nobody'}`)
    await killed.kill()
    while ((await mastersBy(sentinels)).includes(killed.port)) await pause(50)
    await killed.restart()
    while ((await linksUp(servers)) < servers.length - 1) await pause(50)
  },
})

/** Which server each sentinel sends clients to. */
const mastersBy = (sentinels: readonly number[]) =>
  Promise.all(
    sentinels.map(async (port) => {
      const [, master] = (await redisCli(port, 'sentinel', 'get-master-addr-by-name', 'mymaster')).split('\n')
      return Number(master)
    }),
  )

async function linksUp(servers: readonly RedisProcess[]): Promise<number> {
  const told = await Promise.all(servers.map(({ port }) => redisCli(port, 'info', 'replication').catch(() => '')))
  return told.filter((text) => text.includes('master_link_status:up')).length
}

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

/** A day more on one control plane: it is a day more everywhere, and every tag is due. */
export const dayPassed = (planes: Planes): Fault => ({
  name: 'a day passed',
  async inflict() {
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"advanceSeconds":86401}' }
    const { ok, status } = await fetch(`http://${planes.addressOf(planes.planes.length - 1)}/_admin/clock`, asked)
    if (!ok) throw new Error(`The clock was not advanced: ${status}`)
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
