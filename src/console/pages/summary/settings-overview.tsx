import {
  DescribePullThroughCacheRulesCommand,
  DescribeRegistryCommand,
  DescribeRepositoryCreationTemplatesCommand,
  GetRegistryPolicyCommand,
  GetRegistryScanningConfigurationCommand,
} from '@aws-sdk/client-ecr'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Box from '@cloudscape-design/components/box'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { formatCount } from '../../../registry/amounts.js'
import { statementsOf } from '../../../registry/permissions/registry-policy-text.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { PageLink } from '../../parts/page-link.js'
import { failureOf, isOfCredentials } from '../../requests/request-failure.js'
import { useEcr } from '../../requests/use-ecr.js'

/** How the registry is set up, with the ways to change it. Each setting is asked for, and may be refused, by itself. */
export function SettingsOverview() {
  const policy = useEcr('GetRegistryPolicy', new GetRegistryPolicyCommand({}))
  const replication = useEcr('DescribeRegistry', new DescribeRegistryCommand({}))
  const scanning = useEcr('GetRegistryScanningConfiguration', new GetRegistryScanningConfigurationCommand({}))
  const rules = useEcr('DescribePullThroughCacheRules', new DescribePullThroughCacheRulesCommand({ maxResults: 100 }))
  const templates = useEcr(
    'DescribeRepositoryCreationTemplates',
    new DescribeRepositoryCreationTemplatesCommand({ maxResults: 100 }),
  )
  const refused = [policy, replication, scanning, rules, templates].map(({ error }) => error).find(isOfCredentials)
  if (refused) return <FailureAlert error={refused} />
  const setting = <T,>(label: string, page: string, query: Asked<T>, text: (answer: T) => string, absent?: Absent) => ({
    label,
    value: <Setting to={`/private-registry/${page}`} query={query} text={text} absent={absent} />,
  })
  return (
    <Container header={<Header variant="h2">Settings</Header>}>
      <KeyValuePairs
        columns={4}
        minColumnWidth={180}
        items={[
          setting(
            'Registry permissions',
            'permissions',
            policy,
            ({ policyText }) => some(statementsOf(policyText).length, 'statement'),
            {
              code: 'RegistryPolicyNotFoundException',
              text: 'No statements',
            },
          ),
          setting('Replication', 'replication', replication, ({ replicationConfiguration: found }) =>
            some(found?.rules?.length ?? 0, 'rule'),
          ),
          setting('Scanning', 'scanning', scanning, ({ scanningConfiguration: found }) =>
            found?.scanType === 'ENHANCED' ? 'Enhanced scanning' : 'Basic scanning',
          ),
          setting(
            'Pull through cache',
            'pull-through-cache',
            rules,
            ({ pullThroughCacheRules: found = [], nextToken }) => atLeast(found.length, nextToken, 'rule'),
          ),
          setting(
            'Creation templates',
            'creation-templates',
            templates,
            ({ repositoryCreationTemplates: found = [], nextToken }) => atLeast(found.length, nextToken, 'template'),
          ),
        ]}
      />
    </Container>
  )
}

/** A refusal that says that there is none. */
interface Absent {
  readonly code: string
  readonly text: string
}

interface Asked<T> {
  readonly data: T | undefined
  readonly error: unknown
}

interface SettingProps<T> {
  readonly to: string
  readonly query: Asked<T>
  readonly text: (answer: T) => string
  readonly absent: Absent | undefined
}

function Setting<T>({ to, query: { data, error }, text, absent }: SettingProps<T>) {
  if (error !== null && error !== undefined) {
    const { code, message, requestId } = failureOf(error)
    if (code === absent?.code) return <PageLink to={to}>{absent.text}</PageLink>
    return (
      <>
        <StatusIndicator type="error">{code}</StatusIndicator>
        <Box variant="small">{message}</Box>
        {requestId !== undefined && code.startsWith('AccessDenied') && (
          <PageLink to={`/why/${requestId}`} fontSize="body-s">
            Why?
          </PageLink>
        )}
      </>
    )
  }
  if (data === undefined) return <StatusIndicator type="loading">Loading</StatusIndicator>
  return <PageLink to={to}>{text(data)}</PageLink>
}

const some = (count: number, thing: string) => (count === 0 ? `No ${thing}s` : formatCount(count, thing))

const atLeast = (count: number, nextToken: string | undefined, thing: string) =>
  nextToken === undefined ? some(count, thing) : `${count} ${thing}s or more`
