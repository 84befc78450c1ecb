import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useSession } from '../../session/session-context.js'
import { serviceOf } from './rule-draft.js'
import { SecretHelp } from './secret-help.js'
import { refusalOf, type StepProps } from './source-step.js'

/** Step 2, of registries with credentials: a secret, or for private registries of ECR a role. */
export function AuthenticationStep({ draft, onChange, refused }: StepProps) {
  const service = serviceOf(draft)
  if (service?.upstreamRegistry === 'ecr')
    return (
      <Container header={<Header variant="h2">IAM role</Header>}>
        <RoleField
          value={draft.customRoleArn}
          errorText={refusalOf(refused, 'customRoleArn')}
          onChange={(customRoleArn) => onChange({ ...draft, customRoleArn })}
        />
      </Container>
    )
  return (
    <Container header={<Header variant="h2">Upstream credentials</Header>}>
      <SecretField
        value={draft.credentialArn}
        isRequired={service?.needsSecret === true}
        errorText={refusalOf(refused, 'credentialArn')}
        onChange={(credentialArn) => onChange({ ...draft, credentialArn })}
      />
    </Container>
  )
}

interface FieldProps {
  readonly value: string
  readonly errorText: string | undefined
  readonly onChange: (value: string) => void
}

/** The secret of a rule, and where this emulator finds secrets. */
export function SecretField({ value, isRequired, errorText, onChange }: FieldProps & { readonly isRequired: boolean }) {
  const { account, region } = useSession()
  const prefix = `arn:aws:secretsmanager:${region}:${account}:secret:ecr-pullthroughcache/`
  return (
    <SpaceBetween size="m">
      <FormField
        label={isRequired ? 'Secret ARN' : 'Secret ARN (optional)'}
        description={
          <>
            An AWS Secrets Manager secret of this account and Region. Its name begins with{' '}
            <Box variant="code">ecr-pullthroughcache/</Box>, and it has the members username and accessToken.
          </>
        }
        constraintText={`${prefix}…`}
        errorText={errorText}
        stretch
      >
        <Input value={value} spellcheck={false} onChange={({ detail }) => onChange(detail.value.trim())} />
      </FormField>
      <SecretHelp arn={value} />
    </SpaceBetween>
  )
}

/** The role by which a private registry of another account is read. */
export const RoleField = ({ value, errorText, onChange }: FieldProps) => (
  <FormField
    label="Role ARN (optional)"
    description="For a registry of another account: a role of this account that trusts pullthroughcache.ecr.amazonaws.com and may read the upstream. Another Region of the same account needs none."
    constraintText="For example arn:aws:iam::111122223333:role/ecr-cache"
    errorText={errorText}
    stretch
  >
    <Input value={value} spellcheck={false} onChange={({ detail }) => onChange(detail.value.trim())} />
  </FormField>
)
