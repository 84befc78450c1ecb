import {
  DeleteRepositoryPolicyCommand,
  GetRepositoryPolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import { statementsOf, withoutStatements } from '../../../registry/permissions/registry-policy-text.js'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { JsonEditor } from '../../parts/json-editor.js'
import { POLICY_CHANGED, PolicyStatements, statementName } from '../../parts/policy-statements.js'
import { useEcrChange, useEcrOptional } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'
import { useFlag } from '../../parts/use-parameter.js'

/** The policy of a repository: who else may pull from it and push to it. */
export function RepositoryPermissions({ name }: { readonly name: string }) {
  const [isEditing, setEditing] = useFlag('edit')
  const { account } = useSession()
  const command = new GetRepositoryPolicyCommand({ repositoryName: name })
  const { data, error } = useEcrOptional('GetRepositoryPolicy', command, 'RepositoryPolicyNotFoundException')
  if (error) return <FailureAlert error={error} />
  if (data === undefined) return <StatusIndicator type="loading">Loading the policy</StatusIndicator>
  const text = data?.policyText
  return isEditing ? (
    <Editor name={name} text={text ?? policyAllowing(account)} onDone={() => setEditing(false)} />
  ) : (
    <Statements name={name} text={text} onEdit={() => setEditing(true)} />
  )
}

/** What the editor begins with for a repository without a policy: an account, which may be changed, may pull. */
const policyAllowing = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AllowPull',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      },
    ],
  })

function Editor({ name, text, onDone }: { readonly name: string; readonly text: string; readonly onDone: () => void }) {
  const { mutate, isPending, error } = useEcrChange(
    (client, policyText: string) => client.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText })),
    { succeeded: () => `The permissions of ${name} were saved.`, onSuccess: onDone },
  )
  return (
    <JsonEditor
      title="Edit policy JSON"
      description="A statement of a repository's policy has no Resource: it is about this repository."
      label="Repository policy"
      text={text}
      isBusy={isPending}
      error={error}
      onSave={mutate}
      onCancel={onDone}
    />
  )
}

function Statements({
  name,
  text,
  onEdit,
}: {
  readonly name: string
  readonly text: string | undefined
  readonly onEdit: () => void
}) {
  const statements = statementsOf(text)
  const [deleted, setDeleted] = useState<readonly number[]>([])
  return (
    <>
      <PolicyStatements
        statements={statements}
        header={
          <Header
            counter={`(${statements.length})`}
            description="What identities of this and of other accounts may do with this repository."
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  disabled={text === undefined}
                  disabledReason="There is no policy"
                  onClick={() => setDeleted([...statements.keys()])}
                >
                  Delete policy
                </Button>
                <Button onClick={onEdit}>Edit policy JSON</Button>
              </SpaceBetween>
            }
          >
            Permissions
          </Header>
        }
        empty={
          <Box textAlign="center">
            <Box variant="strong">No statements</Box>
            <Box>Only identities of this account have access, by their own policies.</Box>
          </Box>
        }
        actionsOf={(statement, index) => (
          <Button
            variant="inline-link"
            ariaLabel={`Delete statement ${statementName(statement, index)}`}
            onClick={() => setDeleted([index])}
          >
            Delete
          </Button>
        )}
      />
      {deleted.length > 0 && text !== undefined && (
        <StatementDeletion name={name} text={text} positions={deleted} onDone={() => setDeleted([])} />
      )}
    </>
  )
}

function StatementDeletion({
  name,
  text,
  positions,
  onDone,
}: {
  readonly name: string
  readonly text: string
  /** The places in the policy of those that are deleted. */
  readonly positions: readonly number[]
  readonly onDone: () => void
}) {
  // The places are those of the policy that was shown when they were chosen.
  const [shown] = useState(text)
  const statements = statementsOf(shown)
  const isAll = positions.length === statements.length
  const { mutate, isPending, error } = useEcrChange(
    async (client) => {
      const current = await client.send(new GetRepositoryPolicyCommand({ repositoryName: name }))
      if (current.policyText !== shown) throw new Error(POLICY_CHANGED)
      const policyText = withoutStatements(shown, new Set(positions))
      if (policyText === undefined) await client.send(new DeleteRepositoryPolicyCommand({ repositoryName: name }))
      else await client.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText }))
    },
    { succeeded: () => `The permissions of ${name} were changed.`, onSuccess: onDone },
  )
  return (
    <ConfirmDeletion
      title={isAll ? 'Delete policy' : 'Delete statement'}
      names={statements.map(statementName).filter((_, position) => positions.includes(position))}
      consequence="What these statements allow is allowed only by the identities' own policies then, if at all."
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onDone}
    />
  )
}
