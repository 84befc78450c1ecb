import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { regionsOf } from '../../../registry/replication/destination-regions.js'
import { useKnownAccounts } from '../../layout/known-accounts.js'
import { CommandLine } from '../../parts/command-line.js'
import { loginCommand, useRegistryHost } from '../../parts/registry-host.js'
import { openRegistry } from '../../session/console-address.js'
import { useSession } from '../../session/session-context.js'
import { CopyButton } from '../../parts/copy-button.js'

/** Which registry this is, how clients reach it, and the way to another. */
export function RegistryDetails() {
  const { account, region, arn } = useSession()
  const host = useRegistryHost()
  return (
    <Container header={<Header variant="h2">Registry</Header>}>
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Account', value: <AccountSelect /> },
            { label: 'Region', value: <RegionSelect /> },
            { label: 'Signed in as', value: arn },
            {
              label: 'Registry URI',
              value: <CopyButton variant="inline" text={host} label="Copy the registry URI" />,
            },
            { label: 'Registry ID', value: account },
            { label: 'Endpoint of the API', value: location.origin },
          ]}
        />
        <FormField
          stretch
          label="Log in with Docker"
          description="With the AWS CLI and an access key of this account. The login is good for 12 hours."
        >
          <CommandLine name="log in with Docker" text={loginCommand(region, host)} />
        </FormField>
      </SpaceBetween>
    </Container>
  )
}

function AccountSelect() {
  const { account, region } = useSession()
  const options = useKnownAccounts().map(({ account }) => ({ value: account }))
  return (
    <Select
      ariaLabel="Account"
      selectedOption={{ value: account }}
      options={options}
      onChange={({ detail }) => openRegistry({ account: detail.selectedOption.value ?? account, region }, PAGE)}
    />
  )
}

function RegionSelect() {
  const { account, region } = useSession()
  const used = useKnownAccounts().find((known) => known.account === account)?.regions ?? []
  const options = [...new Set([region, ...used, ...regionsOf(region)])].map((value) =>
    used.includes(value) ? { value, description: 'In use' } : { value },
  )
  return (
    <Select
      ariaLabel="Region"
      selectedOption={{ value: region }}
      options={options}
      filteringType="auto"
      filteringAriaLabel="Find Regions"
      onChange={({ detail }) => openRegistry({ account, region: detail.selectedOption.value ?? region }, PAGE)}
    />
  )
}

const PAGE = '/private-registry/summary'
