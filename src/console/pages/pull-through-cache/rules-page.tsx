import type { PullThroughCacheRule } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { failureOf } from '../../requests/request-failure.js'
import { PageLink } from '../../parts/page-link.js'
import { PageButton } from '../../parts/page-button.js'
import { Page } from '../../parts/page.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { DeleteRules } from './delete-rules.js'
import { DeletedRulesAlert } from './deleted-rules-alert.js'
import { ruleColumns } from './rule-columns.js'
import { RULES_PATH, rulePath, useCacheRules, useRuleStatistics } from './use-cache-rules.js'

/** All pull through cache rules of the registry. */
export function RulesPage() {
  const { data: rules, error } = useCacheRules()
  const statistics = useRuleStatistics('day')
  const [chosen, choose] = useState<readonly PullThroughCacheRule[]>([])
  const [isDeleting, setDeleting] = useState(false)
  const navigate = useNavigate()
  const selected = chosen.filter((rule) => rules?.some((one) => keyOf(one) === keyOf(rule)))
  const [only] = selected
  return (
    <Page
      title="Pull through cache"
      description="A rule caches the images of an upstream registry in this one. The first pull of an image under its namespace imports the image."
    >
      <SpaceBetween size="m">
        <DeletedRulesAlert />
        <ResourceTable
          title="Pull through cache rules"
          things="rules"
          items={rules}
          error={error}
          columns={ruleColumns(statistics.of)}
          keyOf={keyOf}
          description={statistics.error ? <NoStatistics error={statistics.error} /> : 'Figures of the last 24 hours.'}
          selection={{ type: 'multi', selected, onSelect: choose }}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={selected.length !== 1} onClick={() => only && void navigate(rulePath(keyOf(only)))}>
                View details
              </Button>
              <Button disabled={selected.length === 0} onClick={() => setDeleting(true)}>
                Delete rule
              </Button>
              <PageButton variant="primary" to={`${RULES_PATH}/add`}>
                Add rule
              </PageButton>
            </SpaceBetween>
          }
          empty={
            <>
              <Box>Add a rule to cache the images of an upstream registry, such as ECR Public or Docker Hub.</Box>
              <PageButton to={`${RULES_PATH}/add`}>Add rule</PageButton>
            </>
          }
        />
        {isDeleting && <DeleteRules prefixes={selected.map(keyOf)} onClose={() => setDeleting(false)} />}
      </SpaceBetween>
    </Page>
  )
}

const keyOf = ({ ecrRepositoryPrefix = '' }: PullThroughCacheRule) => ecrRepositoryPrefix

function NoStatistics({ error }: { readonly error: unknown }) {
  const { code, message, status } = failureOf(error)
  return (
    <>
      There are no figures of the last 24 hours: {message}
      {code === 'AdminRefusal' && status === 401 && (
        <>
          . <PageLink to="/">Enter the token on the dashboard</PageLink>
        </>
      )}
    </>
  )
}
