import type { Repository } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import { Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { useRegistryHost } from '../../parts/registry-host.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useRepositories } from '../../parts/repository-select.js'
import { useRuleServing } from '../repositories/repository-requests.js'
import { pullCommand, useCacheRules } from './use-cache-rules.js'

const columns: readonly Column<Repository>[] = [
  {
    id: 'name',
    header: 'Repository name',
    isRowHeader: true,
    text: ({ repositoryName }) => repositoryName,
    cell: ({ repositoryName = '' }) => (
      <PageLink to={`/repositories/${encodeURIComponent(repositoryName)}`}>{repositoryName}</PageLink>
    ),
  },
  { id: 'uri', header: 'URI', text: ({ repositoryUri }) => repositoryUri },
  {
    id: 'created',
    header: 'Created',
    text: ({ createdAt }) => createdAt?.getTime(),
    cell: ({ createdAt }) => <Time value={createdAt} />,
  },
]

/** The repositories that a rule serves: those that its pulls made, and others under its prefix. */
export function RuleRepositories({ prefix }: { readonly prefix: string }) {
  const { data: repositories, error } = useRepositories()
  const { data: rules } = useCacheRules()
  const ruleServing = useRuleServing()
  const host = useRegistryHost()
  return (
    <ResourceTable
      title="Repositories"
      things="repositories"
      name="repository-"
      description="The first pull of an image creates its repository."
      items={rules && repositories?.filter(({ repositoryName = '' }) => ruleServing(repositoryName) === prefix)}
      error={error}
      columns={columns}
      keyOf={({ repositoryName = '' }) => repositoryName}
      empty={
        <Box>
          Pull an image through the rule: <Box variant="code">{pullCommand(host, prefix)}</Box>
        </Box>
      }
    />
  )
}
