import type { PullThroughCacheRule } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import type { RuleStatistics } from '../../../control-plane/admin/admin-answers.js'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { Bytes, Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import type { Column } from '../../parts/resource-table.js'
import { CredentialState } from './credential-state.js'
import { rulePath, upstreamName } from './use-cache-rules.js'

/** The columns of the table of rules; what the rules did is asked by their prefix. */
export function ruleColumns(
  statisticsOf: (prefix: string | undefined) => RuleStatistics | undefined,
): readonly Column<PullThroughCacheRule>[] {
  const of = ({ ecrRepositoryPrefix }: PullThroughCacheRule) => statisticsOf(ecrRepositoryPrefix)
  return [
    {
      id: 'namespace',
      header: 'Cache namespace',
      isRowHeader: true,
      minWidth: 140,
      text: ({ ecrRepositoryPrefix }) => ecrRepositoryPrefix,
      cell: ({ ecrRepositoryPrefix = '' }) => (
        <PageLink to={rulePath(ecrRepositoryPrefix)}>{ecrRepositoryPrefix}</PageLink>
      ),
    },
    {
      id: 'upstream',
      header: 'Upstream registry',
      minWidth: 170,
      text: (rule) => `${upstreamName(rule)} ${rule.upstreamRegistryUrl}`,
      cell: (rule) => <UpstreamRegistry rule={rule} />,
    },
    {
      id: 'upstream-namespace',
      header: 'Upstream namespace',
      text: ({ upstreamRepositoryPrefix = ROOT }) => upstreamRepositoryPrefix,
    },
    {
      id: 'credentials',
      header: 'Credentials',
      minWidth: 150,
      text: ({ credentialArn, customRoleArn }) => credentialArn ?? customRoleArn ?? '',
      cell: (rule) => <CredentialState rule={rule} />,
    },
    { id: 'hits', header: 'Hits', text: (rule) => of(rule)?.hits },
    { id: 'misses', header: 'Misses', text: (rule) => of(rule)?.misses },
    {
      id: 'spared',
      header: 'Bytes spared',
      text: (rule) => of(rule)?.bytesSpared,
      cell: (rule) => <Bytes value={of(rule)?.bytesSpared} />,
    },
    {
      id: 'last-failure',
      header: 'Last failure',
      minWidth: 160,
      text: (rule) => of(rule)?.lastFailure?.time,
      cell: (rule) => <LastFailure failure={of(rule)?.lastFailure} />,
    },
  ]
}

/** An upstream registry: its name, and its host unless that is the name. */
export function UpstreamRegistry({ rule }: { readonly rule: PullThroughCacheRule }) {
  const name = upstreamName(rule)
  return (
    <>
      <Box>{name}</Box>
      {name !== rule.upstreamRegistryUrl && <Box variant="small">{rule.upstreamRegistryUrl}</Box>}
    </>
  )
}

/** What failed last, and why. */
export const LastFailure = ({ failure }: { readonly failure: RuleStatistics['lastFailure'] | undefined }) =>
  failure ? (
    <>
      <Box>
        {failure.what}: {failure.reason}
      </Box>
      <Box variant="small">
        <Time value={failure.time} />
      </Box>
    </>
  ) : (
    <>{failure === null ? 'None' : '–'}</>
  )
