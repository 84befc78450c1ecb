import { redisCli } from '../../support/redis-answers.js'
import type { RedisSentinel, Sentinel } from '../../support/redis-sentinel.js'
import type { RedisProcess } from '../../support/redis.js'
import type { Fault } from './chaos.js'
import { RECOVERY_MS, within } from './recovery.js'

/**
 * Failovers, once with every sentinel running and once with the first one silent, as when the machine of the master and
 * a sentinel hangs. The master is killed and the sentinels elect another one. The old master is restarted as its
 * replica once no sentinel sends clients to it any more, because it starts empty.
 */
export const failedOver = (redis: RedisSentinel): Fault[] => {
  const [first, ...others] = redis.sentinels
  return [
    { name: 'Redis failed over', inflict: () => failOver(redis, redis.sentinels) },
    {
      name: 'Redis failed over while a sentinel is silent',
      async inflict() {
        first?.pause()
        try {
          await failOver(redis, others)
        } finally {
          first?.resume()
        }
        await within(RECOVERY_MS, 'the sentinel that was silent', () => requireOneMaster(redis.sentinels))
      },
    },
  ]
}

async function failOver({ servers }: RedisSentinel, asked: readonly Sentinel[]) {
  const old = await requireOneMaster(asked)
  const killed = servers.find(({ port }) => port === old)
  if (!killed) throw new Error(`The sentinels name ${old}, which is no server of theirs`)
  await killed.kill()
  await within(RECOVERY_MS, 'the failover', async () => {
    if ((await requireOneMaster(asked)) === old) throw new Error(`The master is still ${old}`)
  })
  await killed.restart()
  await within(RECOVERY_MS, 'replication', () => requireReplication(servers))
}

/** The port of the server that all these sentinels send clients to. Throws if they disagree. */
async function requireOneMaster(sentinels: readonly Sentinel[]): Promise<number> {
  const answers = await Promise.all(
    sentinels.map(({ port }) => redisCli(port, 'sentinel', 'get-master-addr-by-name', 'mymaster')),
  )
  const [first = 0, ...others] = new Set(answers.map((answer) => Number(answer.split('\n')[1])))
  if (others.length > 0) throw new Error(`The sentinels name ${[first, ...others].join(' and ')}`)
  return first
}

async function requireReplication(servers: readonly RedisProcess[]): Promise<void> {
  const roles = await Promise.all(servers.map(({ port }) => redisCli(port, 'info', 'replication')))
  const inStep = roles.filter((text) => text.includes('master_link_status:up')).length
  if (inStep < servers.length - 1) throw new Error(`${inStep} replicas are in step`)
}
