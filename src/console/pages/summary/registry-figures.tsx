import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { Status } from '../../../control-plane/admin/status-route.js'
import { Bytes } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { useRepositories } from '../../parts/repository-select.js'
import { MAX_ITEMS } from '../../requests/use-ecr.js'
import { useSession } from '../../session/session-context.js'
import { useCacheRules } from '../pull-through-cache/use-cache-rules.js'

/**
 * What the registry holds: by the admin endpoints, and without them as much as the API says without a call for each
 * repository.
 */
export function RegistryFigures({ registries }: { readonly registries: Status['registries'] | undefined }) {
  const { account, region } = useSession()
  const totals = registries?.find((one) => one.account === account && one.region === region) ?? (registries && EMPTY)
  const { repositories, rules } = useCounts(!totals)
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Each layer is counted once, in however many images it is. Counted every few seconds."
        >
          What it holds
        </Header>
      }
    >
      <KeyValuePairs
        columns={4}
        minColumnWidth={130}
        items={[
          figure('Repositories', '/repositories', totals?.repositories ?? repositories),
          figure('Images', '/images', totals?.images),
          { label: 'Tags', value: <Large value={totals?.tags} /> },
          figure('Pull through cache rules', '/private-registry/pull-through-cache', totals?.rules ?? rules),
          { label: 'Layers', value: <Large value={totals?.layers.count} /> },
          {
            label: 'Size of the layers',
            value: (
              <Box variant="awsui-value-large">
                <Bytes value={totals?.layers.bytes} />
              </Box>
            ),
          },
        ]}
      />
    </Container>
  )
}

/** A registry that nothing was ever stored in is not among those that are counted. */
const EMPTY = { repositories: 0, images: 0, tags: 0, rules: 0, layers: { count: 0, bytes: 0 } }

const figure = (label: string, to: string, value: number | string | undefined) => ({
  label,
  value: (
    <PageLink to={to} variant="awsui-value-large" ariaLabel={`${label}: ${shown(value)}`}>
      {shown(value)}
    </PageLink>
  ),
})

const Large = ({ value }: { readonly value: number | undefined }) => (
  <Box variant="awsui-value-large">{shown(value)}</Box>
)

const shown = (value: number | string | undefined) => value?.toLocaleString('en') ?? '–'

function useCounts(enabled: boolean) {
  const { data: repositories } = useRepositories({ enabled })
  const { data: rules } = useCacheRules({ enabled })
  return { repositories: countOf(repositories), rules: countOf(rules) }
}

const countOf = (items: readonly unknown[] | undefined) =>
  items && (items.length >= MAX_ITEMS ? `${MAX_ITEMS.toLocaleString('en')} or more` : items.length)
