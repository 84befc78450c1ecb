import { describe, expect, it } from 'vitest'
import { upstreamAccess } from '../../src/access/upstream-permission.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { accessFor } from '../support/access.js'
import { allowing } from '../support/registry.js'

const [own, other] = ['111122223333', '444455556666'] as const
const registry = { account: own, region: 'us-east-1' }
const trust = (condition?: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'pullthroughcache.ecr.amazonaws.com' },
      ...(condition && { Condition: condition }),
    },
  ],
})
const policies = [allowing('ecr:*')]
const accounts = {
  [own]: {
    users: { dev: { accessKeys: { AKIDEV: 'secret' } } },
    roles: {
      cache: { trustPolicy: trust(), policies },
      mine: { trustPolicy: trust({ StringEquals: { 'aws:SourceAccount': own } }), policies },
      theirs: { trustPolicy: trust({ StringEquals: { 'aws:SourceAccount': other } }), policies },
    },
  },
  [other]: { roles: { cache: { trustPolicy: trust(), policies } } },
}

/** Whether the cache of a rule with this role may read an image of another Region of its account. */
async function reading(customRoleArn?: string) {
  const store = storeOf(memoryKeyValue())
  const upstream = { account: own, region: 'eu-west-1' }
  await store.repositories.insert(upstream, 'team/app', newRepository('team/app', new Date(0)))
  const clock = { now: async () => new Date(0) }
  const ids = { uuid: () => '00000000-0000-4000-8000-000000000000' }
  const parts = accessFor({ accounts, store })
  const access = upstreamAccess({ ...parts, store, clock, ids })
  const host = `${own}.dkr.ecr.eu-west-1.amazonaws.com`
  const role = customRoleArn === undefined ? {} : { customRoleArn }
  const rule = { ecrRepositoryPrefix: 'ecr', upstreamRegistryUrl: host, createdAt: 0, updatedAt: 0, ...role }
  const decision = access.require({ registry, rule }, upstream, 'team/app', ['ecr:BatchGetImage'])
  return { decision, latestRefused: () => parts.decisions.latestRefused(10) }
}
const roleArn = (name: string, account: string = own) => `arn:aws:iam::${account}:role/${name}`

describe('reading from another registry of this installation', () => {
  it.each([undefined, roleArn('cache'), roleArn('mine')])('A cache may read with the role %s', async (role) => {
    const { decision, latestRefused } = await reading(role)
    await expect(decision).resolves.toBeUndefined()
    expect(latestRefused()).toEqual([])
  })

  it.each([
    [roleArn('none'), /^There is no role /],
    [roleArn('cache', other), /does not belong to the account of the rule$/],
    ['cache', /does not belong to the account of the rule$/],
    [roleArn('theirs'), /^The trust policy of .* does not allow pullthroughcache\.ecr\.amazonaws\.com to assume it /],
  ])('A cache may not read with the role %s', async (role, message) => {
    const { decision } = await reading(role)
    await expect(decision).rejects.toMatchObject({
      name: 'UpstreamFailure',
      kind: 'access-denied',
      message: expect.stringMatching(message),
    })
  })

  it('A trust policy that refuses the service is among the latest refusals', async () => {
    const { decision, latestRefused } = await reading(roleArn('theirs'))
    await expect(decision).rejects.toThrow()
    expect(latestRefused()).toMatchObject([{ decisions: [{ question: { action: 'sts:AssumeRole' } }] }])
  })
})
