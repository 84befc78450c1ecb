import type { ImageTagMutability, ImageTagMutabilityExclusionFilter, Repository } from '@aws-sdk/client-ecr'
import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** Whether tags can be overwritten, as a form has it. */
export interface Mutability {
  readonly isImmutable: boolean
  /** Tags that match one of these are the other way round. */
  readonly exclusions: readonly string[]
}

/** What a repository or a template has. */
export const mutabilityOf = ({
  imageTagMutability,
  imageTagMutabilityExclusionFilters,
}: Pick<Repository, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>): Mutability => ({
  isImmutable: imageTagMutability?.startsWith('IMMUTABLE') ?? false,
  exclusions: imageTagMutabilityExclusionFilters?.map(({ filter = '' }) => filter) ?? [],
})

/** The members of a request. */
export function mutabilityInput({ isImmutable, exclusions }: Mutability): {
  imageTagMutability: ImageTagMutability
  imageTagMutabilityExclusionFilters?: ImageTagMutabilityExclusionFilter[]
} {
  const word = isImmutable ? 'IMMUTABLE' : 'MUTABLE'
  if (exclusions.length === 0) return { imageTagMutability: word }
  return {
    imageTagMutability: `${word}_WITH_EXCLUSION`,
    imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({ filterType: 'WILDCARD', filter })),
  }
}

/** The most exclusion filters that the AWS console lets one add. */
const MAX_EXCLUSIONS = 5

/** Chooses whether tags can be overwritten, and which tags are excluded from that. */
export function MutabilityFields({
  value,
  onChange,
}: {
  readonly value: Mutability
  readonly onChange: (value: Mutability) => void
}) {
  const { isImmutable, exclusions } = value
  const change = (index: number, filter: string) =>
    onChange({ ...value, exclusions: exclusions.map((before, at) => (at === index ? filter : before)) })
  const other = isImmutable ? 'Mutable' : 'Immutable'
  return (
    <SpaceBetween size="m">
      <FormField label="Image tag mutability">
        <RadioGroup
          value={isImmutable ? 'immutable' : 'mutable'}
          onChange={({ detail }) => onChange({ ...value, isImmutable: detail.value === 'immutable' })}
          items={[
            { value: 'mutable', label: 'Mutable', description: 'Image tags can be overwritten.' },
            { value: 'immutable', label: 'Immutable', description: 'Image tags cannot be overwritten.' },
          ]}
        />
      </FormField>
      <FormField
        label={`${other} tag exclusions – optional`}
        description={`Tags that match one of these filters are ${other.toLowerCase()}. * stands for any characters.`}
      >
        <AttributeEditor<string>
          items={[...exclusions]}
          addButtonText="Add filter"
          removeButtonText="Remove"
          removeButtonAriaLabel={(filter) => `Remove filter ${filter}`}
          disableAddButton={exclusions.length >= MAX_EXCLUSIONS}
          empty="No exclusions"
          onAddButtonClick={() => onChange({ ...value, exclusions: [...exclusions, ''] })}
          onRemoveButtonClick={({ detail }) =>
            onChange({ ...value, exclusions: exclusions.filter((_, index) => index !== detail.itemIndex) })
          }
          definition={[
            {
              label: 'Filter',
              control: (filter, index) => (
                <Input value={filter} placeholder="latest*" onChange={({ detail }) => change(index, detail.value)} />
              ),
            },
          ]}
        />
      </FormField>
    </SpaceBetween>
  )
}
