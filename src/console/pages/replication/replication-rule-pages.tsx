import Alert from '@cloudscape-design/components/alert'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useNavigate, useParams } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { PageLink } from '../../parts/page-link.js'
import { Page } from '../../parts/page.js'
import { useSession } from '../../session/session-context.js'
import { useReplicationRules, useRuleChange } from './replication-configuration-requests.js'
import { draftOf, emptyDraft, ruleOf } from './replication-draft.js'
import { ReplicationWizard } from './replication-wizard.js'

const PAGE = '/private-registry/replication'

/** The steps that add a rule. */
export function AddReplicationRule() {
  const { account } = useSession()
  const navigate = useNavigate()
  const leave = () => void navigate(PAGE)
  const { mutate, isPending, error } = useRuleChange({ said: 'The replication rule was added', onSuccess: leave })
  return (
    <ReplicationWizard
      title="Add replication rule"
      initial={emptyDraft}
      isBusy={isPending}
      error={error}
      onSubmit={(draft) => mutate({ after: ruleOf(draft, account) })}
      onCancel={leave}
    />
  )
}

/** The same steps for the rule whose number is in the address. */
export function EditReplicationRule() {
  const { account } = useSession()
  const number = Number(useParams().number)
  const navigate = useNavigate()
  const leave = () => void navigate(PAGE)
  const { rules, error: failure } = useReplicationRules()
  const { mutate, isPending, error } = useRuleChange({ said: 'The replication rule was saved', onSuccess: leave })
  const before = rules?.[number - 1]
  if (before)
    return (
      <ReplicationWizard
        title="Edit replication rule"
        initial={draftOf(before, account)}
        isBusy={isPending}
        error={error}
        onSubmit={(draft) => mutate({ index: number - 1, before, after: ruleOf(draft, account) })}
        onCancel={leave}
      />
    )
  return (
    <Page title="Edit replication rule">
      <FailureAlert error={failure} />
      {!rules && !failure && <StatusIndicator type="loading">Loading the rule</StatusIndicator>}
      {rules && (
        <Alert type="info">
          There is no rule {number}: the registry has {rules.length}. <PageLink to={PAGE}>See all rules</PageLink>
        </Alert>
      )}
    </Page>
  )
}
