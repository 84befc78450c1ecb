import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import { useState } from 'react'
import {
  actionOf,
  type ImageStatus,
  imageStatusOf,
  type RuleDraft,
  tagsOf,
  withCountType,
  withTags,
} from './policy-text.js'
import { numberOrText } from '../../parts/number-or-text.js'

/** A rule, and what becomes of it. */
interface RuleFieldsProps {
  /** Its place in the policy, counting from 1. */
  readonly number: number
  readonly rule: RuleDraft
  readonly onChange: (rule: RuleDraft) => void
  readonly onRemove: () => void
}

/** The fields of one rule, named and arranged as in the AWS console. */
export function RuleFields({ number, rule, onChange, onRemove }: RuleFieldsProps) {
  const { rulePriority = '', description = '', selection = {}, action } = rule
  const status = imageStatusOf(selection)
  const isTagged = status === 'patterns' || status === 'prefixes'
  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={
            <Button ariaLabel={`Remove rule ${number}`} onClick={onRemove}>
              Remove
            </Button>
          }
        >
          Rule {number}
        </Header>
      }
    >
      <ColumnLayout columns={2}>
        <FormField label="Rule priority" description="The rule with the lowest number is applied first.">
          <Input
            value={String(rulePriority)}
            inputMode="numeric"
            onChange={({ detail }) => onChange({ ...rule, rulePriority: numberOrText(detail.value) })}
          />
        </FormField>
        <FormField label="Rule description - optional">
          <Input
            value={description}
            onChange={({ detail }) => onChange({ ...rule, description: detail.value || undefined })}
          />
        </FormField>
        <Choice
          label="Image status"
          options={IMAGE_STATUSES}
          value={status}
          onChange={(value) => onChange(withTags(rule, value as ImageStatus, tagsOf(selection)))}
        />
        {isTagged && (
          <TagList
            label={status === 'patterns' ? 'Tag patterns' : 'Tag prefixes'}
            tags={tagsOf(selection)}
            onChange={(tags) => onChange(withTags(rule, status, tags))}
          />
        )}
        <Choice
          label="Match criteria"
          options={COUNT_TYPES}
          value={selection.countType ?? ''}
          onChange={(value) => onChange(withCountType(rule, value))}
        />
        <FormField label={selection.countType === 'imageCountMoreThan' ? 'Number of images' : 'Number of days'}>
          <Input
            value={String(selection.countNumber ?? '')}
            inputMode="numeric"
            onChange={({ detail }) =>
              onChange({ ...rule, selection: { ...selection, countNumber: numberOrText(detail.value) } })
            }
          />
        </FormField>
        <Choice
          label="Rule action"
          options={ACTIONS}
          value={action?.type ?? ''}
          onChange={(value) => onChange({ ...rule, action: actionOf(value) })}
        />
      </ColumnLayout>
    </Container>
  )
}

const IMAGE_STATUSES = [
  { value: 'patterns', label: 'Tagged (wildcard matching)' },
  { value: 'prefixes', label: 'Tagged (prefix matching)' },
  { value: 'untagged', label: 'Untagged' },
  { value: 'any', label: 'Any' },
]

const COUNT_TYPES = [
  { value: 'sinceImagePushed', label: 'Days since image pushed' },
  { value: 'imageCountMoreThan', label: 'Image count more than' },
  { value: 'sinceImagePulled', label: 'Days since image last pulled' },
  { value: 'sinceImageTransitioned', label: 'Days since image archived' },
]

const ACTIONS = [
  { value: 'expire', label: 'Expire' },
  { value: 'transition', label: 'Transition to archive' },
]

function Choice({
  label,
  options,
  value,
  onChange,
}: {
  readonly label: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly value: string
  readonly onChange: (value: string) => void
}) {
  return (
    <FormField label={label}>
      <Select
        options={options}
        selectedOption={options.find((option) => option.value === value) ?? { value, label: value }}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? '')}
      />
    </FormField>
  )
}

/** A list as text, which is kept as it is typed. */
function TagList({
  label,
  tags,
  onChange,
}: {
  readonly label: string
  readonly tags: readonly string[]
  readonly onChange: (tags: readonly string[]) => void
}) {
  const [text, setText] = useState(() => tags.join(', '))
  const change = (typed: string) => {
    setText(typed)
    onChange(
      typed
        .split(',')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ''),
    )
  }
  return (
    <FormField label={label} description="Separated by commas. An image is selected if all of them match its tags.">
      <Input value={text} onChange={({ detail }) => change(detail.value)} />
    </FormField>
  )
}
