import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { JsonText } from '../../parts/json-text.js'
import { mutabilityInput } from '../repositories/mutability-fields.js'
import { encryptionText, mutabilityText } from '../repositories/repository-words.js'
import { prefixText, reasonsText, type TemplateDraft } from './template-draft.js'

/** A template in words: what it is about, and what repositories get from it. */
export const TemplateSummary = ({ draft }: { readonly draft: TemplateDraft }) => (
  <SpaceBetween size="l">
    <Container header={<Header variant="h2">Template details</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Prefix', value: prefixText(draft.prefix) },
          { label: 'Applied for', value: reasonsText(draft.appliedFor) },
          { label: 'Description', value: draft.description || '–' },
        ]}
      />
    </Container>
    <Container header={<Header variant="h2">Repository creation configuration</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Image tag mutability', value: mutabilityText(mutabilityInput(draft)) },
          { label: 'Encryption', value: [encryptionText(draft), draft.kmsKey].filter(Boolean).join(', ') },
          { label: 'Repository creation role ARN', value: draft.customRoleArn || 'The service-linked role' },
          {
            label: 'Resource tags',
            value: draft.tags.map(({ key, value }) => `${key} = ${value}`).join(', ') || 'None',
          },
          {
            label: 'Repository permissions',
            value: <Policy text={draft.repositoryPolicy} name="Repository permissions" />,
          },
          {
            label: 'Repository lifecycle policy',
            value: <Policy text={draft.lifecyclePolicy} name="Repository lifecycle policy" />,
          },
        ]}
      />
    </Container>
  </SpaceBetween>
)

const Policy = ({ text, name }: { readonly text: string; readonly name: string }) =>
  text === '' ? 'None' : <JsonText text={text} label={name} />
