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
import { useSearchParams } from 'react-router'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { JsonEditor } from '../../parts/json-editor.js'
import { type PolicyStatement, PolicyStatements, statementName, statementsOf } from '../../parts/policy-statements.js'
import { useEcrChange, useEcrOptional } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'

/** The policy of a repository: who else may pull from it and push to it. */
export function RepositoryPermissions({ name }: { readonly name: string }) {
  const [parameters, setParameters] = useSearchParams()
  const { account } = useSession()
  const command = new GetRepositoryPolicyCommand({ repositoryName: name })
  const { data, error } = useEcrOptional('GetRepositoryPolicy', command, 'RepositoryPolicyNotFoundException')
  if (error) return <FailureAlert error={error} />
  if (data === undefined) return <StatusIndicator type="loading">Loading the policy</StatusIndicator>
  const text = data?.policyText
  return parameters.has('edit') ? (
    <Editor name={name} text={text ?? policyAllowing(account)} onDone={() => setParameters({})} />
  ) : (
    <Statements name={name} text={text} onEdit={() => setParameters({ edit: '' })} />
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
  const statements = statementsOf(text ?? '')
  const [deleted, setDeleted] = useState<readonly PolicyStatement[]>([])
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
                <Button disabled={text === undefined} onClick={() => setDeleted(statements)}>
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
            onClick={() => setDeleted([statement])}
          >
            Delete
          </Button>
        )}
      />
      {deleted.length > 0 && text !== undefined && (
        <StatementDeletion name={name} text={text} deleted={deleted} onDone={() => setDeleted([])} />
      )}
    </>
  )
}

function StatementDeletion({
  name,
  text,
  deleted,
  onDone,
}: {
  readonly name: string
  readonly text: string
  readonly deleted: readonly PolicyStatement[]
  readonly onDone: () => void
}) {
  const [all] = useState(() => statementsOf(text))
  const texts = deleted.map((statement) => JSON.stringify(statement))
  const rest = all.filter((statement) => !texts.includes(JSON.stringify(statement)))
  const { mutate, isPending, error } = useEcrChange(
    async (client) => {
      if (rest.length === 0) return client.send(new DeleteRepositoryPolicyCommand({ repositoryName: name }))
      const policyText = JSON.stringify({ ...(JSON.parse(text) as object), Statement: rest })
      return client.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText }))
    },
    { succeeded: () => `The permissions of ${name} were changed.`, onSuccess: onDone },
  )
  return (
    <ConfirmDeletion
      title={rest.length === 0 ? 'Delete policy' : 'Delete statement'}
      names={deleted.map((statement) => statementName(statement, all.indexOf(statement)))}
      consequence="What these statements allow is allowed only by the identities' own policies then, if at all."
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onDone}
    />
  )
}
