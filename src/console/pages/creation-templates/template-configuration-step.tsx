import type { EncryptionType } from '@aws-sdk/client-ecr'
import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import type { ResourceTag, TemplateDraft } from './template-draft.js'

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

const TagMutability = ({ draft: { isImmutable, exclusions }, onChange }: SectionProps) => (
  <Container header={<Header variant="h2">Image tag settings</Header>}>
    <SpaceBetween size="m">
      <FormField label="Image tag mutability">
        <RadioGroup
          value={isImmutable ? 'immutable' : 'mutable'}
          items={[
            { value: 'mutable', label: 'Mutable', description: 'A push may move a tag to another image.' },
            { value: 'immutable', label: 'Immutable', description: 'A tag stays with its image.' },
          ]}
          onChange={({ detail }) => onChange({ isImmutable: detail.value === 'immutable' })}
        />
      </FormField>
      <AttributeEditor<string>
        items={exclusions}
        empty="No exclusions."
        addButtonText="Add exclusion"
        removeButtonText="Remove"
        removeButtonAriaLabel={(filter) => `Remove exclusion ${filter}`}
        onAddButtonClick={() => onChange({ exclusions: [...exclusions, ''] })}
        onRemoveButtonClick={({ detail }) => onChange({ exclusions: exclusions.toSpliced(detail.itemIndex, 1) })}
        definition={[
          {
            label: `Tags that are ${isImmutable ? 'mutable' : 'immutable'} instead`,
            control: (filter, index) => (
              <Input
                value={filter}
                placeholder="dev-*"
                onChange={({ detail }) => onChange({ exclusions: exclusions.with(index, detail.value) })}
              />
            ),
          },
        ]}
      />
    </SpaceBetween>
  </Container>
)

const Encryption = ({ draft: { encryptionType, kmsKey }, onChange }: SectionProps) => (
  <Container header={<Header variant="h2">Encryption settings</Header>}>
    <SpaceBetween size="m">
      <FormField label="Encryption configuration">
        <RadioGroup
          value={encryptionType}
          items={[
            { value: 'AES256', label: 'AES-256' },
            { value: 'KMS', label: 'AWS KMS' },
            { value: 'KMS_DSSE', label: 'AWS KMS, dual-layer' },
          ]}
          onChange={({ detail }) => onChange({ encryptionType: detail.value as EncryptionType })}
        />
      </FormField>
      {encryptionType !== 'AES256' && (
        <FormField label="KMS key - optional" description="Its ARN. Without one it is the key that AWS manages.">
          <Input value={kmsKey} onChange={({ detail }) => onChange({ kmsKey: detail.value.trim() })} />
        </FormField>
      )}
    </SpaceBetween>
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

function ResourceTags({ draft: { tags }, onChange }: SectionProps) {
  const put = (index: number, changed: Partial<ResourceTag>) =>
    onChange({ tags: tags.map((tag, at) => (at === index ? { ...tag, ...changed } : tag)) })
  return (
    <Container header={<Header variant="h2">Repository AWS tags</Header>}>
      <AttributeEditor<ResourceTag>
        items={tags}
        empty="No tags."
        addButtonText="Add tag"
        removeButtonText="Remove"
        removeButtonAriaLabel={({ Key }) => `Remove tag ${Key}`}
        onAddButtonClick={() => onChange({ tags: [...tags, { Key: '', Value: '' }] })}
        onRemoveButtonClick={({ detail }) => onChange({ tags: tags.toSpliced(detail.itemIndex, 1) })}
        definition={[
          {
            label: 'Key',
            control: ({ Key }, index) => (
              <Input value={Key} onChange={({ detail }) => put(index, { Key: detail.value })} />
            ),
          },
          {
            label: 'Value',
            control: ({ Value }, index) => (
              <Input value={Value} onChange={({ detail }) => put(index, { Value: detail.value })} />
            ),
          },
        ]}
      />
    </Container>
  )
}
