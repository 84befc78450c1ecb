const { CreateRepositoryCommand, ECRClient, RepositoryNotFoundException } = require('@aws-sdk/client-ecr')
const { deleteUntagged } = require('./cleanup')

test('an empty repository has nothing to delete', async () => {
  await new ECRClient().send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  expect(await deleteUntagged('team/app')).toBe(0)
})

test('a repository that does not exist is an error', async () => {
  await expect(deleteUntagged('team/gone')).rejects.toThrow(RepositoryNotFoundException)
})
