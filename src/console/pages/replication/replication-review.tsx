import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { FailureAlert } from '../../parts/failure-alert.js'
import { useSession } from '../../session/session-context.js'
import { destinationsText, filtersText, type ReplicationDraft, ruleOf, typesText } from './replication-draft.js'

/** The last step: the rule in words, and what the service says against it. */
export function ReplicationReview({ draft, error }: { readonly draft: ReplicationDraft; readonly error: unknown }) {
  const { account } = useSession()
  const rule = ruleOf(draft, account)
  return (
    <SpaceBetween size="m">
      <FailureAlert error={error} />
      <Container>
        <KeyValuePairs
          columns={1}
          items={[
            { label: 'Destination types', value: typesText(rule, account) },
            { label: 'Destinations', value: destinationsText(rule, account) },
            { label: 'Repositories', value: filtersText(rule) },
          ]}
        />
      </Container>
      <Alert type="info">
        Images that are pushed from now on are copied. For those that are there already, start a replication backfill
        afterwards.
        {draft.isCrossAccount &&
          ` The registry permissions of each destination account have to allow account ${account} the actions` +
            ' ecr:ReplicateImage and ecr:CreateRepository.'}
      </Alert>
    </SpaceBetween>
  )
}
