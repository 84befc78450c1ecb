import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { withEcrLocal } from 'ecr-local/vitest'
import { expect, test as base } from 'vitest'
import { digestOf } from './base-image.js'

const test = withEcrLocal(base)

test('a base image that moves is noticed after 24 hours', async ({ ecrLocal }) => {
  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  await ecrLocal.client().send(new CreatePullThroughCacheRuleCommand(rule))
  const digest = async () => digestOf(ecrLocal.registry, await ecrLocal.login(), 'ecr-public/docker/library/node', '24')

  const first = ecrLocal.upstream.image('docker/library/node', '24', { platforms: ['linux/amd64', 'linux/arm64'] })
  expect(await digest()).toBe(first.digest)

  const second = ecrLocal.upstream.image('docker/library/node', '24', { version: '24.1' })
  expect(await digest()).toBe(first.digest)
  await ecrLocal.advance('24h')
  await expect.poll(digest).toBe(second.digest)
})
