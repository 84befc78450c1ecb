import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { EncryptionFields } from '../repositories/encryption-fields.js'
import { MutabilityFields } from '../repositories/mutability-fields.js'
import { ResourceTagFields } from '../repositories/resource-tag-fields.js'
import type { TemplateDraft } from './template-draft.js'

/** A section edits its part of the draft. */
interface SectionProps {
  readonly draft: TemplateDraft
  readonly onChange: (changed: Partial<TemplateDraft>) => void
}

/** The second step: what a repository gets. */
export const TemplateConfigurationStep = (props: SectionProps) => (
  <SpaceBetween size="l">
    <TagMutability {...props} />
    <Encryption {...props} />
    <Policies {...props} />
    <ResourceTags {...props} />
    <Container header={<Header variant="h2">Repository creation role</Header>}>
      <FormField
        label="Role ARN - optional"
        description="The role that ECR assumes. Repositories with resource tags or AWS KMS are created only with one."
      >
        <Input
          value={props.draft.customRoleArn}
          placeholder="arn:aws:iam::123456789012:role/name"
          onChange={({ detail }) => props.onChange({ customRoleArn: detail.value.trim() })}
        />
      </FormField>
    </Container>
  </SpaceBetween>
)

const TagMutability = ({ draft, onChange }: SectionProps) => (
  <Container header={<Header variant="h2">Image tag settings</Header>}>
    <MutabilityFields value={draft} onChange={({ isImmutable, exclusions }) => onChange({ isImmutable, exclusions })} />
  </Container>
)

const Encryption = ({ draft: { encryptionType, kmsKey }, onChange }: SectionProps) => (
  <Container header={<Header variant="h2">Encryption settings</Header>}>
    <EncryptionFields encryptionType={encryptionType} kmsKey={kmsKey} keyError={undefined} onChange={onChange} />
  </Container>
)

const Policies = ({ draft: { repositoryPolicy, lifecyclePolicy }, onChange }: SectionProps) => (
  <Container header={<Header variant="h2">Policies</Header>}>
    <SpaceBetween size="m">
      <FormField label="Repository permissions - optional" description="A repository policy as JSON." stretch>
        <Textarea
          value={repositoryPolicy}
          rows={6}
          spellcheck={false}
          onChange={({ detail }) => onChange({ repositoryPolicy: detail.value })}
        />
      </FormField>
      <FormField label="Repository lifecycle policy - optional" description="A lifecycle policy as JSON." stretch>
        <Textarea
          value={lifecyclePolicy}
          rows={6}
          spellcheck={false}
          onChange={({ detail }) => onChange({ lifecyclePolicy: detail.value })}
        />
      </FormField>
    </SpaceBetween>
  </Container>
)

const ResourceTags = ({ draft: { tags }, onChange }: SectionProps) => (
  <Container header={<Header variant="h2">Repository AWS tags</Header>}>
    <ResourceTagFields tags={tags} onChange={(changed) => onChange({ tags: changed })} />
  </Container>
)
