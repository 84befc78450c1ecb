import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { exampleOf, type RuleDraft } from './rule-draft.js'
import { refusalOf, type StepProps } from './source-step.js'

/** Step 3: the namespaces here and in the upstream. */
export function DestinationStep({ draft, onChange, refused }: StepProps) {
  const { here, upstream } = exampleOf(draft)
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Cache namespace</Header>}>
        <SpaceBetween size="m">
          <FormField label="Cache namespace" description="Which repositories of this registry the rule serves.">
            <RadioGroup
              value={draft.cache}
              items={[
                { value: 'prefix', label: 'A specific prefix', description: 'Those that begin with the prefix and /' },
                { value: 'none', label: 'No prefix', description: 'All that no other rule serves (ROOT)' },
              ]}
              onChange={({ detail }) => onChange({ ...draft, cache: detail.value as RuleDraft['cache'] })}
            />
          </FormField>
          {draft.cache === 'prefix' && (
            <FormField
              label="Amazon ECR repository prefix"
              description="The suggestion can be changed."
              constraintText="2 to 30 characters: lowercase letters, numbers, hyphens, underscores, periods and slashes."
              errorText={refusalOf(refused, 'cachePrefix')}
            >
              <Input
                value={draft.cachePrefix}
                spellcheck={false}
                onChange={({ detail }) => onChange({ ...draft, cachePrefix: detail.value.trim() })}
              />
            </FormField>
          )}
        </SpaceBetween>
      </Container>
      {draft.cache === 'prefix' && <UpstreamNamespace draft={draft} onChange={onChange} refused={refused} />}
      <Container header={<Header variant="h2">Example</Header>}>
        <Box variant="code">{here}</Box> is pulled from <Box variant="code">{upstream}</Box>
      </Container>
    </SpaceBetween>
  )
}

function UpstreamNamespace({ draft, onChange, refused }: Omit<StepProps, 'isMissing'>) {
  return (
    <Container header={<Header variant="h2">Upstream namespace</Header>}>
      <SpaceBetween size="m">
        <FormField label="Upstream namespace" description="Which repositories of the upstream registry are cached.">
          <RadioGroup
            value={draft.upstream}
            items={[
              { value: 'none', label: 'No prefix', description: 'Any repository of the upstream (ROOT)' },
              { value: 'same', label: 'Same as the cache namespace' },
              { value: 'prefix', label: 'A specific prefix', description: 'Only those that begin with it' },
            ]}
            onChange={({ detail }) => onChange({ ...draft, upstream: detail.value as RuleDraft['upstream'] })}
          />
        </FormField>
        {draft.upstream === 'prefix' && (
          <FormField label="Upstream repository prefix" errorText={refusalOf(refused, 'upstreamPrefix')}>
            <Input
              value={draft.upstreamPrefix}
              spellcheck={false}
              onChange={({ detail }) => onChange({ ...draft, upstreamPrefix: detail.value.trim() })}
            />
          </FormField>
        )}
      </SpaceBetween>
    </Container>
  )
}
