import Box from '@cloudscape-design/components/box'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ExplainedDecision } from '../../../registry/ports/decision-source.js'
import { CopyableJson } from '../../parts/copyable-json.js'
import { basenameOf } from '../../session/console-address.js'

/** The statements that would allow what was denied, each with the policy that it belongs to. */
export function StatementsToAdd({ decision }: { readonly decision: ExplainedDecision }) {
  const { statementsToAdd, resource } = decision
  if (statementsToAdd.length === 0) return null
  return (
    <section aria-label="Statements to add">
      <SpaceBetween size="m">
        <Box variant="h3">Statements to add</Box>
        {statementsToAdd.map(({ to, statement }) => (
          <SpaceBetween key={to} size="xs">
            <Box>
              To {to}: <Place to={to} resource={resource} />
            </Box>
            <CopyableJson value={statement} name={`the statement for ${to}`} />
          </SpaceBetween>
        ))}
      </SpaceBetween>
    </section>
  )
}

/** Where the policy is changed: a page of the registry that the resource is in, or the configuration. */
function Place({ to, resource }: { readonly to: string; readonly resource: string }) {
  const [, region, account, repository] = REPOSITORY.exec(resource) ?? []
  const isRegistryPolicy = to === 'the registry policy'
  if (region === undefined || account === undefined || (!isRegistryPolicy && !to.startsWith('the repository policy')))
    return <>identities and their policies are in the configuration that ecr-local was started with</>
  // A whole address, because the registry may be another one than that of this page.
  const page = isRegistryPolicy
    ? '/private-registry/permissions'
    : `/repositories/${encodeURIComponent(repository ?? '')}/permissions`
  return (
    <Link href={`${basenameOf({ account, region })}${page}`}>
      {isRegistryPolicy ? 'Open Registry permissions' : 'Open the permissions of the repository'}
    </Link>
  )
}

/** The Region, the account and the name in the ARN of a repository. */
const REPOSITORY = /^arn:[^:]+:ecr:([^:]+):(\d{12}):repository\/(.+)$/
