import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import { useState } from 'react'
import { CommandLine } from '../../parts/command-line.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { loginCommand } from '../../parts/registry-host.js'
import { useRegistryAccess, useRepository } from '../repositories/repository-requests.js'
import type { ShownImage } from './shown-image.js'
import { hostOf, pullCommands } from './pull-command-lines.js'

/** The commands that pull an image, by one of its tags or by its digest, to copy. */
export function PullCommands({ repository, digest, image }: ShownImage) {
  const access = useRegistryAccess()
  const { data, error } = useRepository(repository)
  const [chosen, setChosen] = useState<string>()
  const options = [
    ...(image.imageTags ?? []).map((tag) => ({ value: `:${tag}`, label: `By tag ${tag}` })),
    { value: `@${digest}`, label: 'By digest' },
  ]
  const selected = options.find(({ value }) => value === chosen) ?? options[0] ?? null
  const { repositoryUri } = data ?? {}
  return (
    <Container header={<Header description="Log in first: the password is valid for 12 hours.">Pull commands</Header>}>
      <SpaceBetween size="m">
        <FailureAlert error={error} />
        <FormField label="Pull by">
          <Select
            selectedOption={selected}
            options={options}
            filteringType={options.length > 10 ? 'auto' : 'none'}
            filteringAriaLabel="Find a tag"
            onChange={({ detail }) => setChosen(detail.selectedOption.value)}
          />
        </FormField>
        {repositoryUri !== undefined && selected && (
          <KeyValuePairs
            items={[
              {
                label: 'Log in',
                value: <CommandLine name="log in" text={loginCommand(access.region, hostOf(repositoryUri))} />,
              },
              ...pullCommands(repositoryUri + selected.value, access).map(({ name, text }) => ({
                label: name,
                value: <CommandLine name={name} text={text} />,
              })),
            ]}
          />
        )}
      </SpaceBetween>
    </Container>
  )
}
