import { afterAll, beforeAll } from 'vitest'
import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import { describeWith, redisNeeds, sentinelNeeds } from '../support/describe-with.js'
import { startRedisCluster } from '../support/redis-cluster.js'
import { startRedisSentinel } from '../support/redis-sentinel.js'
import { startRedis } from '../support/redis.js'
import { storeContract } from './store.contract.js'
import { transferContract } from './transfer.contract.js'
import { silent as log } from '../support/silent-log.js'

const open = (url: string) => redisKeyValue({ url, log, onRoundTrip: () => {} })

/** Runs the contract on servers started for it. */
function contractOn(name: string, start: () => Promise<{ readonly url: string } & AsyncDisposable>) {
  let servers: Awaited<ReturnType<typeof start>> | undefined
  const url = () => servers?.url ?? ''
  beforeAll(async () => void (servers = await start()))
  afterAll(() => servers?.[Symbol.asyncDispose]())
  const emptied = async () => {
    const keyValue = await open(url())
    await keyValue.clear()
    return keyValue
  }
  storeContract(name, emptied, () => open(url()))
  transferContract(name, emptied, () => open(url()))
}

describeWith(redisNeeds, 'Redis', () => contractOn('one server', () => startRedis()))
describeWith(sentinelNeeds, 'Redis behind Sentinel', () => contractOn('a master', () => startRedisSentinel()))
describeWith(redisNeeds, 'Redis Cluster', () => contractOn('six servers', () => startRedisCluster()))
