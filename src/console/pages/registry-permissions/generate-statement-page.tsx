import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { withStatement } from '../../../registry/permissions/registry-policy-text.js'
import { CopyableJson } from '../../parts/copyable-json.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { NO_TOKENS, valuesOf } from '../../parts/token-field.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'
import { policyTypes, type StatementDraft, statementOf } from './statement-draft.js'
import { StatementFields } from './statement-fields.js'
import { PERMISSIONS_PATH, registryPolicyText, replaceRegistryPolicy } from './use-registry-policy.js'
import { FormActions } from '../../parts/form-actions.js'

/** Generate statement: a form, the statement that it makes, and Save, which adds it to the policy. */
export function GenerateStatementPage() {
  const [parameters, setParameters] = useSearchParams()
  const registry = useSession()
  const [draft, setDraft] = useState(() => draftIn(parameters))
  const [isIncomplete, setIncomplete] = useState(false)
  const navigate = useNavigate()
  const leave = () => void navigate(PERMISSIONS_PATH)
  const { mutate, isPending, error } = useEcrChange(
    async (client, added: object) =>
      replaceRegistryPolicy(client, withStatement(await registryPolicyText(client), added)),
    {
      succeeded: () => `Statement ${draft.sid === '' ? '' : `${draft.sid} `}added to the registry policy`,
      onSuccess: leave,
    },
  )
  const change = (changed: StatementDraft) => {
    setDraft(changed)
    const { type, namespace } = changed
    setParameters({ type, ...(namespace !== '' && { namespace }) }, { replace: true })
  }
  const statement = statementOf(draft, registry)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // Without these there is no statement yet that the service could judge.
    const lacks =
      valuesOf(draft.principals).length === 0 || (draft.type === 'pull-through-cache' && draft.namespace === '')
    setIncomplete(lacks)
    if (!lacks) mutate(statement)
  }
  return (
    <Page
      title="Generate statement"
      description="Adds a statement to the registry policy. The statements that it has stay as they are."
    >
      <form onSubmit={submit}>
        <Form actions={<FormActions isBusy={isPending} onCancel={leave} />}>
          <SpaceBetween size="l">
            <Container header={<Header variant="h2">Policy statement</Header>}>
              <StatementFields draft={draft} onChange={change} isIncomplete={isIncomplete} />
            </Container>
            <Container header={<Header variant="h2">Preview</Header>}>
              <CopyableJson name="the statement" value={statement} />
            </Container>
            <FailureAlert error={error} />
          </SpaceBetween>
        </Form>
      </form>
    </Page>
  )
}

const draftIn = (parameters: URLSearchParams): StatementDraft => ({
  type: policyTypes.find(({ value }) => value === parameters.get('type'))?.value ?? 'pull-through-cache',
  sid: '',
  principals: NO_TOKENS,
  namespace: parameters.get('namespace') ?? '',
  repositories: NO_TOKENS,
})
