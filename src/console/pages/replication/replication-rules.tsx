import type { ReplicationRule } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { PageLink } from '../../parts/page-link.js'
import { Page } from '../../parts/page.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useSession } from '../../session/session-context.js'
import { BackfillTable } from './backfill-table.js'
import { useReplicationRules, useRuleChange } from './replication-configuration-requests.js'
import { destinationsText, filtersText, typesText } from './replication-draft.js'

/** A rule with its place. */
interface NumberedRule {
  /** Counting from 1. */
  readonly number: number
  readonly rule: ReplicationRule
}

const PAGE = '/private-registry/replication'

/** The rules of the registry, and the backfills. */
export function ReplicationRules() {
  const { account } = useSession()
  const { rules, error } = useReplicationRules()
  const navigate = useNavigate()
  const [selected, select] = useState<NumberedRule>()
  const [isDeletionAsked, setDeletionAsked] = useState(false)
  return (
    <Page
      title="Replication"
      description="Copies images to other Regions and accounts when they are pushed."
      actions={<AddRule />}
    >
      <SpaceBetween size="l">
        <ResourceTable
          title="Replication rules"
          things="rules"
          items={rules?.map((rule, index) => ({ number: index + 1, rule }))}
          error={error}
          keyOf={({ number }) => `rule ${number}`}
          columns={columnsFor(account)}
          selection={{ type: 'single', selected: selected ? [selected] : [], onSelect: ([rule]) => select(rule) }}
          empty={
            <>
              <div>Add a rule to copy what is pushed to another Region or account.</div>
              <AddRule />
            </>
          }
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={!selected} onClick={() => setDeletionAsked(true)}>
                Delete rule
              </Button>
              <Button disabled={!selected} onClick={() => void navigate(`${PAGE}/rules/${selected?.number}`)}>
                Edit
              </Button>
            </SpaceBetween>
          }
        />
        <BackfillTable rules={rules ?? []} />
      </SpaceBetween>
      {isDeletionAsked && selected && (
        <Deletion selected={selected} onDeleted={() => select(undefined)} onClose={() => setDeletionAsked(false)} />
      )}
    </Page>
  )
}

function AddRule() {
  const navigate = useNavigate()
  return (
    <Button variant="primary" onClick={() => void navigate(`${PAGE}/add`)}>
      Add rule
    </Button>
  )
}

const columnsFor = (account: string): Column<NumberedRule>[] => [
  {
    id: 'number',
    header: 'Rule',
    isRowHeader: true,
    text: ({ number }) => number,
    cell: ({ number }) => <PageLink to={`${PAGE}/rules/${number}`}>{`Rule ${number}`}</PageLink>,
  },
  { id: 'types', header: 'Destination types', text: ({ rule }) => typesText(rule, account) },
  { id: 'destinations', header: 'Destinations', text: ({ rule }) => destinationsText(rule, account) },
  { id: 'filters', header: 'Repositories', text: ({ rule }) => filtersText(rule) },
]

function Deletion({
  selected: { number, rule },
  onDeleted,
  onClose,
}: {
  readonly selected: NumberedRule
  readonly onDeleted: () => void
  readonly onClose: () => void
}) {
  const { account } = useSession()
  const { mutate, isPending, error } = useRuleChange({
    said: 'The replication rule was deleted',
    onSuccess: () => {
      onDeleted()
      onClose()
    },
  })
  return (
    <ConfirmDeletion
      title="Delete replication rule"
      names={[`Rule ${number}: ${filtersText(rule)} to ${destinationsText(rule, account)}`]}
      consequence="What is pushed from now on is not copied by this rule. What was copied stays where it is."
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate({ index: number - 1, before: rule })}
      onDismiss={onClose}
    />
  )
}
