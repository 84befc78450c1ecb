import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  RepositoryNotFoundException,
} from '@aws-sdk/client-ecr'

/** Returns the URI of a repository, and creates the repository if there is none. */
export async function repositoryUri(repositoryName) {
  const ecr = new ECRClient()
  try {
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))
    return repositories[0].repositoryUri
  } catch (error) {
    if (!(error instanceof RepositoryNotFoundException)) throw error
    const created = { repositoryName, imageTagMutability: 'IMMUTABLE' }
    const { repository } = await ecr.send(new CreateRepositoryCommand(created))
    return repository.repositoryUri
  }
}
