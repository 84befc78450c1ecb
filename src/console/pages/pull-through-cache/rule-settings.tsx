import type { PullThroughCacheRule } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Time } from '../../parts/amounts.js'
import { CommandLine } from '../../parts/command-line.js'
import { PageLink } from '../../parts/page-link.js'
import { loginCommand, useRegistryHost } from '../../parts/registry-host.js'
import { useSession } from '../../session/session-context.js'
import { UpstreamRegistry } from './rule-columns.js'
import { generatePath } from '../registry-permissions/use-registry-policy.js'
import { pullCommand } from './use-cache-rules.js'

/** The settings of a rule, and how to pull through it. */
export function RuleSettings({ rule }: { readonly rule: PullThroughCacheRule }) {
  const { ecrRepositoryPrefix = '', upstreamRepositoryPrefix = ROOT, credentialArn, customRoleArn } = rule
  const host = useRegistryHost()
  const { region } = useSession()
  return (
    <Container header={<Header variant="h2">Settings</Header>}>
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={3}
          items={[
            { label: 'Cache namespace', value: ecrRepositoryPrefix },
            { label: 'Upstream registry', value: <UpstreamRegistry rule={rule} /> },
            { label: 'Upstream namespace', value: upstreamRepositoryPrefix },
            { label: 'Secret', value: credentialArn ?? 'None' },
            { label: 'IAM role', value: customRoleArn ?? 'None' },
            { label: 'Created', value: <Time value={rule.createdAt} /> },
            { label: 'Updated', value: <Time value={rule.updatedAt} /> },
          ]}
        />
        <KeyValuePairs
          columns={1}
          items={[
            { label: 'Log in', value: <CommandLine name="log in" text={loginCommand(region, host)} /> },
            {
              label: 'Pull an image',
              value: <CommandLine name="pull an image" text={pullCommand(host, ecrRepositoryPrefix)} />,
            },
          ]}
        />
        <Box>
          The first pull of an image needs ecr:CreateRepository and ecr:BatchImportUpstreamImage. Users and roles whose
          IAM policies do not allow these need a statement of the registry permissions:{' '}
          <PageLink to={generatePath(ecrRepositoryPrefix)}>generate one for this namespace</PageLink>.
        </Box>
      </SpaceBetween>
    </Container>
  )
}
