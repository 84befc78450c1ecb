import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { EcrLocalContainer } from 'ecr-local/testcontainers'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

let ecrLocal
before(async () => {
  ecrLocal = await new EcrLocalContainer().withConfiguration({ quotas: { repositories: 1 } }).start()
})
after(() => ecrLocal?.stop())

test('a repository has an address that this machine can push to', async () => {
  const { repository } = await ecrLocal.client().send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  assert.equal(repository.repositoryUri, `${ecrLocal.registry}/team/app`)
})

test('the container has the configuration that it was given', async () => {
  const second = ecrLocal.client().send(new CreateRepositoryCommand({ repositoryName: 'second' }))
  await assert.rejects(second, { name: 'LimitExceededException' })
})
