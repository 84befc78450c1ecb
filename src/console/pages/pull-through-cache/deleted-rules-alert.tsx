import Alert from '@cloudscape-design/components/alert'
import { formatCount } from '../../../registry/amounts.js'
import { namesPrefix } from '../../../registry/permissions/registry-policy-text.js'
import { PageButton } from '../../parts/page-button.js'
import { useSession } from '../../session/session-context.js'
import { PERMISSIONS_PATH, useRegistryPolicy } from '../registry-permissions/use-registry-policy.js'
import { useParameters } from '../../parts/use-parameter.js'

/** After rules were deleted: the offer to review the statements of the registry policy that name their namespaces. */
export function DeletedRulesAlert() {
  const [prefixes, dismiss] = useParameters('deleted')
  const registry = useSession()
  const { data } = useRegistryPolicy()
  if (prefixes.length === 0) return null
  const namespaces = prefixes.join(', ')
  const count = data?.statements.filter((one) => prefixes.some((prefix) => namesPrefix(one, registry, prefix))).length
  if (count === 0)
    return (
      <Alert type="success" dismissible onDismiss={dismiss}>
        No statement of the registry permissions names {namespaces}: there is nothing left to review.
      </Alert>
    )
  return (
    <Alert
      type="warning"
      dismissible
      onDismiss={dismiss}
      header="Review the registry permissions"
      action={<PageButton to={reviewPath(prefixes)}>Review statements</PageButton>}
    >
      {count === undefined
        ? `Statements of the registry permissions may name ${namespaces}.`
        : `${formatCount(count, 'statement')} of the registry permissions ${count === 1 ? 'names' : 'name'} ${namespaces}.`}{' '}
      Delete those that are no longer needed: they take effect again as soon as a rule is added for that namespace.
    </Alert>
  )
}

const reviewPath = (prefixes: readonly string[]) =>
  `${PERMISSIONS_PATH}?${new URLSearchParams(prefixes.map((prefix) => ['namespace', prefix])).toString()}`
