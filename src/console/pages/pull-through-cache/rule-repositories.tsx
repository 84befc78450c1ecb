import type { Repository } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import { ruleServing } from '../../../registry/cache-rules/cache-rule.js'
import { Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { useRegistryHost } from '../../parts/registry-host.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { pullCommand, useCacheRules, useRepositories } from './use-cache-rules.js'

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
  const host = useRegistryHost()
  return (
    <ResourceTable
      title="Repositories"
      things="repositories"
      name="repository-"
      description="The first pull of an image creates its repository."
      items={
        rules && repositories?.filter(({ repositoryName = '' }) => prefixServing(repositoryName, rules) === prefix)
      }
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

const prefixServing = (name: string, rules: readonly { readonly ecrRepositoryPrefix?: string | undefined }[]) =>
  ruleServing(
    name,
    rules.map(({ ecrRepositoryPrefix = '' }) => ({ ecrRepositoryPrefix })),
  )?.ecrRepositoryPrefix
