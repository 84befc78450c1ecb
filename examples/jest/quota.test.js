const { CreateRepositoryCommand } = require('@aws-sdk/client-ecr')
const { startEcrLocal } = require('ecr-local')

let ecrLocal
beforeAll(async () => (ecrLocal = await startEcrLocal({ quotas: { repositories: 1 } })))
afterAll(() => ecrLocal.stop())

test('the second repository exceeds the quota', async () => {
  const ecr = ecrLocal.client()
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'first' }))
  const second = ecr.send(new CreateRepositoryCommand({ repositoryName: 'second' }))
  await expect(second).rejects.toMatchObject({ name: 'LimitExceededException' })
})
