import {
  GetRegistryScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  type RegistryScanningConfiguration,
  type ScanType,
} from '@aws-sdk/client-ecr'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Tiles from '@cloudscape-design/components/tiles'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { useEcr, useEcrChange } from '../../requests/use-ecr.js'
import { ScanFilters } from './scan-filters.js'
import { type ScanningDraft, scanningConfigurationOf, scanningDraftOf } from './scanning-draft.js'
import { ScanningMatches } from './scanning-matches.js'
import { FormActions } from '../../parts/form-actions.js'

const PAGE = '/private-registry/scanning'

/** The form of the scanning configuration, with the repositories that its filters match. */
export function EditScanning() {
  const { data, error } = useEcr('GetRegistryScanningConfiguration', new GetRegistryScanningConfigurationCommand({}))
  return (
    <Page title="Edit scanning configuration">
      <FailureAlert error={error} />
      {!data && !error && <StatusIndicator type="loading">Loading the configuration</StatusIndicator>}
      {data && <ScanningForm configuration={data.scanningConfiguration ?? {}} />}
    </Page>
  )
}

function ScanningForm({ configuration }: { readonly configuration: RegistryScanningConfiguration }) {
  const [draft, setDraft] = useState(() => scanningDraftOf(configuration))
  const navigate = useNavigate()
  const leave = () => void navigate(PAGE)
  const { mutate, isPending, error } = useEcrChange(
    (client, input: ScanningDraft) =>
      client.send(new PutRegistryScanningConfigurationCommand(scanningConfigurationOf(input))),
    { succeeded: () => 'The scanning configuration was saved', onSuccess: leave },
  )
  const change = (changed: Partial<ScanningDraft>) => setDraft((before) => ({ ...before, ...changed }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate(draft)
  }
  return (
    <SpaceBetween size="l">
      <form onSubmit={submit}>
        <Form actions={<FormActions isBusy={isPending} onCancel={leave} />}>
          <SpaceBetween size="l">
            <FailureAlert error={error} />
            <Container header={<Header variant="h2">Scan type</Header>}>
              <FormField label="Scan type" stretch>
                <Tiles
                  value={draft.scanType}
                  onChange={({ detail }) => change({ scanType: detail.value as ScanType })}
                  items={SCAN_TYPES}
                />
              </FormField>
            </Container>
            {draft.scanType === 'ENHANCED' && (
              <ScanFilters
                title="Continuous scanning"
                all="Continuously scan all repositories"
                filters={draft.continuous}
                onChange={(continuous) => change({ continuous })}
              />
            )}
            <ScanFilters
              title="Scan on push"
              all="Scan on push all repositories"
              filters={draft.onPush}
              onChange={(onPush) => change({ onPush })}
            />
          </SpaceBetween>
        </Form>
      </form>
      <ScanningMatches draft={draft} />
    </SpaceBetween>
  )
}

const SCAN_TYPES = [
  {
    value: 'BASIC',
    label: 'Basic scanning',
    description: 'Scans when an image is pushed, or by hand, for vulnerabilities of its operating system.',
  },
  {
    value: 'ENHANCED',
    label: 'Enhanced scanning',
    description: 'Scans continuously or when an image is pushed, also for those of programming languages.',
  },
]
