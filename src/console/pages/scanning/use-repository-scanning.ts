import {
  BatchGetRepositoryScanningConfigurationCommand,
  type ECRClient,
  type RepositoryScanningConfiguration,
} from '@aws-sdk/client-ecr'
import { useRepositories } from '../../parts/repository-select.js'
import { useEcrList } from '../../requests/use-ecr.js'

/** The most repositories that are asked about: they are asked about in calls of 25. */
export const MOST_SHOWN = 1000

const NAMED_AT_ONCE = 25

/** How the repositories of the registry are scanned, as the service says it. */
export function useRepositoryScanning() {
  const repositories = useRepositories()
  const names = (repositories.data ?? []).slice(0, MOST_SHOWN).map(({ repositoryName = '' }) => repositoryName)
  const { data, error } = useEcrList<RepositoryScanningConfiguration>(
    'BatchGetRepositoryScanningConfiguration',
    { repositoryNames: names },
    (client) => scanningOf(client, names),
    { enabled: repositories.isSuccess },
  )
  return { data, error: repositories.error ?? error, isCut: (repositories.data?.length ?? 0) > MOST_SHOWN }
}

async function* scanningOf(
  client: ECRClient,
  names: readonly string[],
): AsyncIterable<readonly RepositoryScanningConfiguration[] | undefined> {
  for (let start = 0; start < names.length; start += NAMED_AT_ONCE) {
    const repositoryNames = names.slice(start, start + NAMED_AT_ONCE)
    const answer = await client.send(new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames }))
    yield answer.scanningConfigurations
  }
}
