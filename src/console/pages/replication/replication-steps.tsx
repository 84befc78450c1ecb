import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { regionsOf } from '../../../registry/replication/destination-regions.js'
import type { Registry } from '../../../registry/registry.js'
import { useSession } from '../../session/session-context.js'
import type { ReplicationDraft } from './replication-draft.js'

/** A step edits its part of the draft. */
interface StepProps {
  readonly draft: ReplicationDraft
  readonly onChange: (changed: Partial<ReplicationDraft>) => void
}

/** The first step: other Regions, other accounts, or both. */
export const DestinationTypesStep = ({ draft, onChange, isMissing }: StepProps & { readonly isMissing: boolean }) => (
  <Container>
    <FormField label="Destination types" errorText={isMissing && 'Choose at least one destination type.'}>
      <SpaceBetween size="s">
        <Checkbox
          checked={draft.isCrossRegion}
          description="Copies to registries of this account in other Regions."
          onChange={({ detail }) => onChange({ isCrossRegion: detail.checked })}
        >
          Cross-Region replication
        </Checkbox>
        <Checkbox
          checked={draft.isCrossAccount}
          description="Copies to registries of other accounts, whose registry permissions have to allow it."
          onChange={({ detail }) => onChange({ isCrossAccount: detail.checked })}
        >
          Cross-account replication
        </Checkbox>
      </SpaceBetween>
    </FormField>
  </Container>
)

/** The Regions of the same account. */
export function DestinationRegionsStep({ draft, onChange }: StepProps) {
  const { region: own } = useSession()
  const known = regionsOf(own).filter((region) => region !== own)
  const options = [...new Set([...known, ...draft.regions])].map((region) => ({ value: region, label: region }))
  return (
    <Container>
      <FormField label="Destination Regions">
        <Multiselect
          options={options}
          selectedOptions={options.filter(({ value }) => draft.regions.includes(value))}
          filteringType="auto"
          filteringAriaLabel="Find a Region"
          placeholder="Choose Regions"
          onChange={({ detail }) => onChange({ regions: detail.selectedOptions.map(({ value = '' }) => value) })}
        />
      </FormField>
    </Container>
  )
}

/** Other accounts, each with a Region. */
export function CrossAccountStep({ draft, onChange }: StepProps) {
  const { region: own } = useSession()
  const others = draft.others.length > 0 ? draft.others : [{ account: '', region: own }]
  const put = (index: number, changed: Partial<Registry>) =>
    onChange({ others: others.map((other, at) => (at === index ? { ...other, ...changed } : other)) })
  const options = [...new Set([...regionsOf(own), ...others.map(({ region }) => region)])].map((region) => ({
    value: region,
    label: region,
  }))
  return (
    <Container>
      <AttributeEditor<Registry>
        items={others}
        addButtonText="Add destination"
        removeButtonText="Remove"
        removeButtonAriaLabel={({ account }) => `Remove destination account ${account}`}
        onAddButtonClick={() => onChange({ others: [...others, { account: '', region: own }] })}
        onRemoveButtonClick={({ detail }) => onChange({ others: others.filter((_, at) => at !== detail.itemIndex) })}
        definition={[
          {
            label: 'Destination account',
            control: ({ account }, index) => (
              <Input
                value={account}
                inputMode="numeric"
                placeholder="123456789012"
                onChange={({ detail }) => put(index, { account: detail.value.trim() })}
              />
            ),
          },
          {
            label: 'Destination Region',
            control: ({ region }, index) => (
              <Select
                options={options}
                selectedOption={{ value: region, label: region }}
                filteringType="auto"
                filteringAriaLabel="Find a Region"
                onChange={({ detail }) => put(index, { region: detail.selectedOption.value ?? '' })}
              />
            ),
          },
        ]}
      />
    </Container>
  )
}

/** The prefixes of repository names. */
export const FiltersStep = ({ draft: { filters }, onChange }: StepProps) => (
  <Container>
    <AttributeEditor<string>
      items={filters}
      empty="No filters: all repositories."
      addButtonText="Add filter"
      removeButtonText="Remove"
      removeButtonAriaLabel={(filter) => `Remove filter ${filter}`}
      onAddButtonClick={() => onChange({ filters: [...filters, ''] })}
      onRemoveButtonClick={({ detail }) => onChange({ filters: filters.filter((_, at) => at !== detail.itemIndex) })}
      definition={[
        {
          label: 'Repository name prefix',
          control: (filter, index) => (
            <Input
              value={filter}
              placeholder="prod"
              onChange={({ detail }) => onChange({ filters: filters.with(index, detail.value) })}
            />
          ),
        },
      ]}
    />
  </Container>
)
