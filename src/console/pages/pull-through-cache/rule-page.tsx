import { DescribePullThroughCacheRulesCommand } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useParams } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { isMissing, MissingResource } from '../../parts/missing-resource.js'
import { PageButton } from '../../parts/page-button.js'
import { Page } from '../../parts/page.js'
import { useEcr } from '../../requests/use-ecr.js'
import { generatePath } from '../registry-permissions/use-registry-policy.js'
import { CachedTagsTable } from './cached-tags-table.js'
import { useValidation } from './credential-state.js'
import { DeleteRules } from './delete-rules.js'
import { EditRule } from './edit-rule.js'
import { RuleFigures } from './rule-figures.js'
import { RuleRepositories } from './rule-repositories.js'
import { RuleSettings } from './rule-settings.js'
import { RULES_PATH } from './use-cache-rules.js'
import { ValidationAlert } from './validation-alert.js'

/** One rule: its settings, whether it is valid, what it did, and what it holds. */
export function RulePage() {
  const { prefix = '' } = useParams()
  const command = new DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes: [prefix] })
  const { data, error } = useEcr('DescribePullThroughCacheRules', command)
  const rule = data?.pullThroughCacheRules?.[0]
  const validation = useValidation(prefix, rule !== undefined)
  const [dialog, setDialog] = useState<'edit' | 'delete'>()
  const close = () => setDialog(undefined)
  return (
    <Page
      title={prefix}
      description="Pull through cache rule"
      actions={
        rule && (
          <SpaceBetween direction="horizontal" size="xs">
            <Button loading={validation.isFetching} onClick={() => void validation.refetch()}>
              Validate
            </Button>
            <PageButton to={generatePath(prefix)}>Generate statement</PageButton>
            <Button onClick={() => setDialog('edit')}>Edit</Button>
            <Button onClick={() => setDialog('delete')}>Delete rule</Button>
          </SpaceBetween>
        )
      }
    >
      <SpaceBetween size="l">
        {isMissing(error) ? (
          <MissingResource thing="rule" error={error} to={RULES_PATH}>
            Show all rules
          </MissingResource>
        ) : (
          <FailureAlert error={error} />
        )}
        {rule && (
          <SpaceBetween size="l">
            <ValidationAlert rule={rule} validation={validation} />
            <RuleSettings rule={rule} />
            <RuleFigures prefix={prefix} />
            <CachedTagsTable prefix={prefix} />
            <RuleRepositories prefix={prefix} />
            {dialog === 'edit' && <EditRule rule={rule} onClose={close} />}
            {dialog === 'delete' && <DeleteRules prefixes={[prefix]} onClose={close} />}
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Page>
  )
}
