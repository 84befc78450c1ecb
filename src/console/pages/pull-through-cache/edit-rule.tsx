import { type PullThroughCacheRule, UpdatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import { useState } from 'react'
import { upstreamService } from '../../../registry/cache-rules/upstream-services.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { RoleField, SecretField } from './authentication-step.js'
import { refusedField } from './rule-draft.js'
import { refusalOf } from './source-step.js'
import { FormDialog } from '../../parts/form-dialog.js'

/** Changes what of a rule can change: its secret, and its role. */
export function EditRule({ rule, onClose }: { readonly rule: PullThroughCacheRule; readonly onClose: () => void }) {
  const { ecrRepositoryPrefix, upstreamRegistryUrl = '' } = rule
  const service = upstreamService(upstreamRegistryUrl)
  const [credentialArn, setCredentialArn] = useState(rule.credentialArn ?? '')
  const [customRoleArn, setCustomRoleArn] = useState(rule.customRoleArn ?? '')
  const { mutate, isPending, error } = useEcrChange(
    (client, changed: Pick<PullThroughCacheRule, 'credentialArn' | 'customRoleArn'>) =>
      client.send(new UpdatePullThroughCacheRuleCommand({ ecrRepositoryPrefix, ...changed })),
    { succeeded: () => `Rule ${ecrRepositoryPrefix} updated`, onSuccess: onClose },
  )
  const refused = refusedField(error)
  const save = () =>
    mutate({ ...(credentialArn !== '' && { credentialArn }), ...(customRoleArn !== '' && { customRoleArn }) })
  return (
    <FormDialog
      title={`Edit rule ${ecrRepositoryPrefix}`}
      action="Save"
      isLarge
      isBusy={isPending}
      error={error}
      onSubmit={save}
      onDismiss={onClose}
    >
      <Box>The credentials can be changed. For another upstream or another namespace, add a rule.</Box>
      {service?.upstreamRegistry === 'ecr' ? (
        <RoleField value={customRoleArn} errorText={refusalOf(refused, 'customRoleArn')} onChange={setCustomRoleArn} />
      ) : (
        <SecretField
          value={credentialArn}
          isRequired={service?.needsSecret === true}
          errorText={refusalOf(refused, 'credentialArn')}
          onChange={setCredentialArn}
        />
      )}
    </FormDialog>
  )
}
