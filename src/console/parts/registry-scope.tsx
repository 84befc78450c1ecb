import SegmentedControl from '@cloudscape-design/components/segmented-control'
import { useSession } from '../session/session-context.js'
import { useParameter } from './use-parameter.js'

/** Whether a page shows this registry, or all of the installation: the parameter `scope` of the address. */
export function useScope() {
  const { account, region } = useSession()
  const [scope, choose] = useParameter('scope', 'registry')
  const isAll = scope === 'all'
  return { isAll, choose, query: isAll ? {} : { account, region } }
}

/** Chooses between this registry and all of the installation. */
export function ScopeControl() {
  const { isAll, choose } = useScope()
  return (
    <SegmentedControl
      label="Registries"
      selectedId={isAll ? 'all' : 'registry'}
      options={[
        { id: 'registry', text: 'This registry' },
        { id: 'all', text: 'All registries' },
      ]}
      onChange={({ detail }) => choose(detail.selectedId)}
    />
  )
}
