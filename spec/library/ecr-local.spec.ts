import { CreatePullThroughCacheRuleCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { expect, it } from 'vitest'
import { startEcrLocal } from '../../src/library/ecr-local.js'
import { registryClient } from '../support/registry-client.js'

it('pulls through', async () => {
  await using ecr = await startEcrLocal()
  const { digest } = ecr.upstream.image('library/nginx', 'latest', { platforms: ['linux/amd64', 'linux/arm64'] })
  const client = ecr.client()
  await client.send(
    new CreatePullThroughCacheRuleCommand({
      ecrRepositoryPrefix: 'docker-hub',
      upstreamRegistryUrl: 'registry-1.docker.io',
      credentialArn: ecr.upstream.credentialArn,
    }),
  )
  const { username, password } = await ecr.login()
  const registry = registryClient(ecr, Buffer.from(`${username}:${password}`).toString('base64'))
  const { status, body } = await registry.get('docker-hub/library/nginx/manifests/latest')
  expect([status, JSON.parse(body.toString())]).toMatchObject([200, {}])
  expect(digest).toMatch(/^sha256:/)
  expect((await client.send(new DescribeRepositoriesCommand({}))).repositories).toHaveLength(1)
})
