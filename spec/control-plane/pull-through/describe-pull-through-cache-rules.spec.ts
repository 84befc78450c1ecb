import { DescribePullThroughCacheRulesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'
import { createRule } from '../../support/rules.js'

const list = (input: DescribePullThroughCacheRulesCommand['input'] = {}) =>
  new DescribePullThroughCacheRulesCommand(input)
const prefixes = (rules: { ecrRepositoryPrefix?: string }[] = []) => rules.map((rule) => rule.ecrRepositoryPrefix)

describe('DescribePullThroughCacheRules', () => {
  it('DescribePullThroughCacheRules returns every detail of a rule', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createRule())

    const { pullThroughCacheRules, nextToken } = await emulator.ecr.send(list())

    expect(pullThroughCacheRules).toEqual([
      {
        ecrRepositoryPrefix: 'ecr-public',
        upstreamRegistryUrl: 'public.ecr.aws',
        createdAt: now,
        registryId: account,
        upstreamRegistry: 'ecr-public',
        updatedAt: now,
      },
    ])
    expect(nextToken).toBeUndefined()
  })

  it('DescribePullThroughCacheRules returns rules by prefix in the order of the request', async () => {
    await using emulator = await startEmulator()
    for (const prefix of ['aa', 'bb', 'cc']) await emulator.ecr.send(createRule({ ecrRepositoryPrefix: prefix }))
    const { pullThroughCacheRules } = await emulator.ecr.send(list({ ecrRepositoryPrefixes: ['cc', 'aa/'] }))
    expect(prefixes(pullThroughCacheRules)).toEqual(['cc', 'aa'])
  })

  it('DescribePullThroughCacheRules fails as a whole when one of the prefixes has no rule', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createRule())
    const asked = emulator.ecr.send(list({ ecrRepositoryPrefixes: ['ecr-public', 'gone'] }))
    await expect(asked).rejects.toMatchObject({
      name: 'PullThroughCacheRuleNotFoundException',
      message: 'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
    })
  })

  it('DescribePullThroughCacheRules returns all rules in pages', async () => {
    await using emulator = await startEmulator()
    for (const prefix of ['aa', 'bb', 'cc']) await emulator.ecr.send(createRule({ ecrRepositoryPrefix: prefix }))

    const first = await emulator.ecr.send(list({ maxResults: 2 }))
    const second = await emulator.ecr.send(list({ maxResults: 2, nextToken: first.nextToken }))

    expect(prefixes(first.pullThroughCacheRules)).toEqual(['aa', 'bb'])
    expect(prefixes(second.pullThroughCacheRules)).toEqual(['cc'])
    expect(second.nextToken).toBeUndefined()
  })

  it('DescribePullThroughCacheRules refuses prefixes with maxResults, and a maxResults above 1,000', async () => {
    await using emulator = await startEmulator()
    const both = list({ ecrRepositoryPrefixes: ['ecr-public'], maxResults: 1 })
    await expect(emulator.ecr.send(both)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(emulator.ecr.send(list({ maxResults: 1001 }))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })
})
