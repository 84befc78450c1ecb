import { type ECRClient, paginateDescribeRepositories, type Repository } from '@aws-sdk/client-ecr'
import Select from '@cloudscape-design/components/select'
import { failureOf } from '../requests/request-failure.js'
import { useEcrList } from '../requests/use-ecr.js'

/** All repositories of the registry. */
export const useRepositories = (options: { readonly enabled?: boolean } = {}) =>
  useEcrList<Repository>('DescribeRepositories', {}, repositoriesOf, options)

async function* repositoriesOf(client: ECRClient): AsyncIterable<readonly Repository[] | undefined> {
  for await (const { repositories } of paginateDescribeRepositories({ client }, { maxResults: 1000 }))
    yield repositories
}

/** A repository of the registry, to be chosen by typing a part of its name. */
export function RepositorySelect({
  value,
  onChange,
  ...props
}: {
  readonly value: string
  readonly onChange: (repositoryName: string) => void
  /** Where the select stands in no form field. */
  readonly ariaLabel?: string
}) {
  const { data, error, isPending } = useRepositories()
  const options = (data ?? []).map(({ repositoryName = '' }) => ({ value: repositoryName, label: repositoryName }))
  return (
    <Select
      {...props}
      filteringType="auto"
      filteringAriaLabel="Find a repository"
      virtualScroll
      placeholder="Choose a repository"
      empty="There are no repositories"
      statusType={error ? 'error' : isPending ? 'loading' : 'finished'}
      loadingText="Loading repositories"
      errorText={error ? failureOf(error).message : undefined}
      options={options}
      selectedOption={value === '' ? null : { value, label: value }}
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? '')}
    />
  )
}
