import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { upstreamServices } from '../../../registry/cache-rules/upstream-services.js'
import { useSession } from '../../session/session-context.js'
import { CUSTOM_REGISTRY, type DraftField, hasOwnHost, type RuleDraft, serviceOf, withRegistry } from './rule-draft.js'

/** What each step of Add rule gets. */
export interface StepProps {
  readonly draft: RuleDraft
  readonly onChange: (draft: RuleDraft) => void
  /** What the service refused, beside the field that it is about. */
  readonly refused: { readonly field?: DraftField; readonly message?: string }
  /** Whether Next was chosen without an upstream registry, or without the host of one. */
  readonly isMissing: boolean
}

/** The sentence of the service for a field, if that is the one that it refused. */
export const refusalOf = ({ field, message }: StepProps['refused'], of: DraftField): string | undefined =>
  field === of ? message : undefined

const options = [
  ...upstreamServices.map(({ upstreamRegistry, displayName, exampleHost, host, needsSecret }) => ({
    value: upstreamRegistry,
    label: displayName,
    description: host ?? `Its own host, such as ${exampleHost}`,
    labelTag: needsSecret ? 'Requires a secret' : '',
  })),
  {
    value: CUSTOM_REGISTRY,
    label: 'Other registry',
    description: 'A host that the configuration of ecr-local has under upstreams',
    labelTag: 'Only in ecr-local',
  },
]

/** Step 1: the upstream registry. */
export function SourceStep({ draft, onChange, refused, isMissing }: StepProps) {
  const registry = useSession()
  const service = serviceOf(draft)
  return (
    <Container header={<Header variant="h2">Upstream registry</Header>}>
      <SpaceBetween size="m">
        <FormField
          label="Registry"
          errorText={isMissing && draft.upstreamRegistry === '' && 'Choose an upstream registry'}
        >
          <Select
            options={options}
            selectedOption={options.find(({ value }) => value === draft.upstreamRegistry) ?? null}
            placeholder="Choose a registry"
            filteringType="auto"
            filteringAriaLabel="Find registries"
            onChange={({ detail }) => onChange(withRegistry(draft, detail.selectedOption.value ?? '', registry))}
          />
        </FormField>
        {hasOwnHost(draft) && (
          <FormField
            label="Upstream registry URL"
            description="The host of the registry, without https:// and without a path."
            constraintText={service ? `For example ${service.exampleHost}` : 'A host under upstreams in ecr-local.json'}
            errorText={isMissing ? 'Enter the host of the registry' : refusalOf(refused, 'url')}
          >
            <Input
              value={draft.url}
              spellcheck={false}
              onChange={({ detail }) => onChange({ ...draft, url: detail.value })}
            />
          </FormField>
        )}
      </SpaceBetween>
    </Container>
  )
}
