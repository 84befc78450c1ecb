import type { PullThroughCacheRule } from '@aws-sdk/client-ecr'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { Time } from '../../parts/amounts.js'
import { CommandLine } from '../../parts/command-line.js'
import { UpstreamRegistry } from './rule-columns.js'
import { pullCommand, useRegistryHost } from './use-cache-rules.js'

/** The settings of a rule, and how to pull through it. */
export function RuleSettings({ rule }: { readonly rule: PullThroughCacheRule }) {
  const { ecrRepositoryPrefix = '', upstreamRepositoryPrefix = ROOT, credentialArn, customRoleArn } = rule
  const host = useRegistryHost()
  return (
    <Container header={<Header variant="h2">Settings</Header>}>
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
          {
            label: 'Pull command',
            value: <CommandLine name="pull an image" text={pullCommand(host, ecrRepositoryPrefix)} />,
          },
        ]}
      />
    </Container>
  )
}
