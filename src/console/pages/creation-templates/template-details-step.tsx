import type { RCTAppliedFor } from '@aws-sdk/client-ecr'
import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { REASONS, type TemplateDraft } from './template-draft.js'

/** The first step: the prefix, what the template is applied for, and a description. */
export function TemplateDetailsStep({
  draft,
  isExisting,
  onChange,
}: {
  readonly draft: TemplateDraft
  readonly isExisting: boolean
  readonly onChange: (changed: Partial<TemplateDraft>) => void
}) {
  const { prefix, description, appliedFor } = draft
  const isAny = prefix === ROOT
  const apply = (reason: RCTAppliedFor, isApplied: boolean) =>
    onChange({ appliedFor: isApplied ? [...appliedFor, reason] : appliedFor.filter((other) => other !== reason) })
  return (
    <Container>
      <SpaceBetween size="l">
        {!isExisting && (
          <FormField label="Repositories">
            <RadioGroup
              value={isAny ? 'any' : 'prefix'}
              items={[
                { value: 'prefix', label: 'A specific prefix' },
                {
                  value: 'any',
                  label: 'Any prefix in your ECR registry',
                  description: 'Repositories that no template with a prefix is about.',
                },
              ]}
              onChange={({ detail }) => onChange({ prefix: detail.value === 'any' ? ROOT : '' })}
            />
          </FormField>
        )}
        {(isExisting || !isAny) && (
          <FormField label="Prefix" description="Of repository names. A slash at its end is assumed.">
            <Input
              value={prefix}
              disabled={isExisting}
              placeholder="prod"
              onChange={({ detail }) => onChange({ prefix: detail.value })}
            />
          </FormField>
        )}
        <FormField label="Applied for">
          <SpaceBetween size="xs">
            {REASONS.map(({ value, label, description: about }) => (
              <Checkbox
                key={value}
                checked={appliedFor.includes(value)}
                description={about}
                onChange={({ detail }) => apply(value, detail.checked)}
              >
                {label}
              </Checkbox>
            ))}
          </SpaceBetween>
        </FormField>
        <FormField label="Template description - optional">
          <Input value={description} onChange={({ detail }) => onChange({ description: detail.value })} />
        </FormField>
      </SpaceBetween>
    </Container>
  )
}
