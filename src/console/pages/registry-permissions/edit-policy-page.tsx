import { useNavigate } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { JsonEditor } from '../../parts/json-editor.js'
import { Page } from '../../parts/page.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { PERMISSIONS_PATH, replaceRegistryPolicy, useRegistryPolicy } from './use-registry-policy.js'

/** Edit JSON: the policy as text. What the service refuses stays in the editor, below its sentence. */
export function EditPolicyPage() {
  const { data, error } = useRegistryPolicy()
  const navigate = useNavigate()
  const done = () => void navigate(`${PERMISSIONS_PATH}/json`)
  const change = useEcrChange((client, policyText: string) => replaceRegistryPolicy(client, policyText), {
    succeeded: () => 'Registry policy saved',
    onSuccess: done,
  })
  return (
    <Page title="Edit registry policy">
      <FailureAlert error={error} />
      {data && (
        <JsonEditor
          title="Policy"
          description={data.policyText === undefined ? 'This registry has no policy yet.' : undefined}
          label="Registry policy (JSON)"
          text={data.policyText ?? EXAMPLE}
          isBusy={change.isPending}
          error={change.error}
          onSave={(policyText) => change.mutate(policyText)}
          onCancel={done}
        />
      )}
    </Page>
  )
}

/** What a first policy begins with. */
const EXAMPLE = JSON.stringify({ Version: '2012-10-17', Statement: [] })
