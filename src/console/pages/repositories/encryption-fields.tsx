import type { EncryptionType } from '@aws-sdk/client-ecr'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** Chooses how a repository is encrypted; with KMS, by which key. */
export const EncryptionFields = ({
  encryptionType,
  kmsKey,
  keyError,
  onChange,
}: {
  readonly encryptionType: EncryptionType
  readonly kmsKey: string
  /** What the service says about the key. */
  readonly keyError: string | undefined
  readonly onChange: (changed: { encryptionType?: EncryptionType; kmsKey?: string }) => void
}) => (
  <SpaceBetween size="m">
    <FormField label="Encryption configuration">
      <RadioGroup
        value={encryptionType}
        onChange={({ detail }) => onChange({ encryptionType: detail.value as EncryptionType })}
        items={[
          { value: 'AES256', label: 'AES-256', description: 'Encryption by the service.' },
          { value: 'KMS', label: 'AWS KMS', description: 'By a key of AWS Key Management Service.' },
          { value: 'KMS_DSSE', label: 'AWS KMS (DSSE)', description: 'Dual-layer, by a key of AWS KMS.' },
        ]}
      />
    </FormField>
    {encryptionType !== 'AES256' && (
      <FormField
        label="AWS KMS key – optional"
        description="Key ID, alias or ARN. Without one, the AWS managed key of ECR is used. ecr-local encrypts nothing."
        errorText={keyError}
      >
        <Input
          value={kmsKey}
          spellcheck={false}
          placeholder="alias/my-key"
          onChange={({ detail }) => onChange({ kmsKey: detail.value.trim() })}
        />
      </FormField>
    )}
  </SpaceBetween>
)
