import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** What is typed into the form; an empty session token is none. */
export interface TypedCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/** The fields for an access key. What is required and missing is said only once the person has tried to sign in. */
export function CredentialFields({
  value,
  isTried,
  onChange,
}: {
  readonly value: TypedCredentials
  readonly isTried: boolean
  readonly onChange: (value: TypedCredentials) => void
}) {
  const field = (member: keyof TypedCredentials, label: string, isSecret: boolean, missing?: string) => (
    <FormField label={label} errorText={isTried && value[member] === '' ? missing : undefined}>
      <Input
        value={value[member]}
        type={isSecret ? 'password' : 'text'}
        autoComplete={false}
        spellcheck={false}
        ariaRequired={missing !== undefined}
        onChange={({ detail }) => onChange({ ...value, [member]: detail.value.trim() })}
      />
    </FormField>
  )
  return (
    <SpaceBetween size="s">
      {field('accessKeyId', 'Access key ID', false, 'Enter an access key ID.')}
      {field('secretAccessKey', 'Secret access key', true, 'Enter the secret access key.')}
      {field('sessionToken', 'Session token (optional)', true)}
    </SpaceBetween>
  )
}
