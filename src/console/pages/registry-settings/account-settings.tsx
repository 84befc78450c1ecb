import { GetAccountSettingCommand, PutAccountSettingCommand } from '@aws-sdk/client-ecr'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Select from '@cloudscape-design/components/select'
import { failureOf } from '../../requests/request-failure.js'
import { useEcr, useEcrChange } from '../../requests/use-ecr.js'

/** A setting of the account in this Region, and the values that can be chosen. */
interface Setting {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly values: readonly { readonly value: string; readonly label: string }[]
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'BLOB_MOUNTING',
    label: 'Blob mounting',
    description: 'Whether a push may use layers that other repositories of the registry have already.',
    values: [
      { value: 'ENABLED', label: 'Enabled' },
      { value: 'DISABLED', label: 'Disabled' },
    ],
  },
  {
    name: 'REGISTRY_POLICY_SCOPE',
    label: 'Registry policy scope',
    description: 'Whether the registry permissions apply to all actions of ECR, or only to the three of version 1.',
    values: [
      { value: 'V2', label: 'V2: all actions' },
      { value: 'V1', label: 'V1: replication and pull through cache' },
    ],
  },
  {
    name: 'BASIC_SCAN_TYPE_VERSION',
    label: 'Basic scan type version',
    description: 'The scanner of basic scanning.',
    values: [{ value: 'AWS_NATIVE', label: 'AWS native' }],
  },
]

/** The account settings of ECR. A choice is saved at once. */
export const AccountSettings = () => (
  <Container header={<Header variant="h2">Account settings</Header>}>
    <ColumnLayout columns={3}>
      {SETTINGS.map((setting) => (
        <AccountSetting key={setting.name} setting={setting} />
      ))}
    </ColumnLayout>
  </Container>
)

function AccountSetting({ setting: { name, label, description, values } }: { readonly setting: Setting }) {
  const { data, error } = useEcr('GetAccountSetting', new GetAccountSettingCommand({ name }))
  const change = useEcrChange((client, value: string) => client.send(new PutAccountSettingCommand({ name, value })), {
    succeeded: (value) => `${label} is now ${value}`,
  })
  const failure = change.error ?? error
  const value = data?.value
  return (
    <FormField label={label} description={description} errorText={failure ? failureOf(failure).message : undefined}>
      <Select
        options={values}
        selectedOption={
          value === undefined ? null : (values.find((one) => one.value === value) ?? { value, label: value })
        }
        statusType={data || error ? 'finished' : 'loading'}
        disabled={change.isPending}
        onChange={({ detail }) => change.mutate(detail.selectedOption.value ?? '')}
      />
    </FormField>
  )
}
