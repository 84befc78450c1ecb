import type { PullThroughCacheRule } from '@aws-sdk/client-ecr'
import Alert from '@cloudscape-design/components/alert'
import { FailureAlert } from '../../parts/failure-alert.js'
import type { useValidation } from './credential-state.js'
import { SecretHelp } from './secret-help.js'

/** Whether the rule is valid, as the service found when it was asked last. */
export function ValidationAlert({
  rule: { upstreamRegistryUrl, credentialArn },
  validation: { data, error, isFetching },
}: {
  readonly rule: PullThroughCacheRule
  readonly validation: ReturnType<typeof useValidation>
}) {
  if (error) return <FailureAlert error={error} heading="The rule could not be validated" />
  if (!data) return isFetching ? <Alert type="info">Validating: {upstreamRegistryUrl} is contacted</Alert> : null
  if (data.isValid === true)
    return (
      <Alert type="success">
        Valid: {upstreamRegistryUrl} answers{credentialArn === undefined ? '' : ' and accepts the credentials'}
      </Alert>
    )
  return (
    <Alert type="error" header="The rule is not valid">
      {data.failure}
      {credentialArn !== undefined && <SecretHelp arn={credentialArn} />}
    </Alert>
  )
}
