import Box from '@cloudscape-design/components/box'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import TreeView from '@cloudscape-design/components/tree-view'
import { useMemo, useState } from 'react'
import type {
  ConsideredStatement,
  ExplainedDecision,
  ExplainedRequest,
} from '../../../registry/ports/decision-source.js'
import { JsonText } from '../../parts/json-text.js'
import { PageLink } from '../../parts/page-link.js'
import { decisionId, type DecisionNode, openedWith, requestNode } from './decision-nodes.js'

/** A request as a tree. The chosen decision is open down to its statements, and the one that decided with its text. */
export function DecisionTree({ request, chosen }: { readonly request: ExplainedRequest; readonly chosen: number }) {
  const root = useMemo(() => requestNode(request), [request])
  const [expanded, setExpanded] = useState<readonly string[]>(() => [
    root.id,
    ...root.children.filter(({ id }) => id === decisionId(chosen)).flatMap(openedWith),
  ])
  return (
    <TreeView<DecisionNode>
      ariaLabel="Decisions about the request"
      items={[root]}
      getItemId={({ id }) => id}
      getItemChildren={({ children }) => (children.length > 0 ? children : undefined)}
      expandedItems={expanded}
      onItemToggle={({ detail: { id, expanded: isOpened } }) =>
        setExpanded((open) => (isOpened ? [...open, id] : open.filter((one) => one !== id)))
      }
      renderItem={itemOf}
      connectorLines="vertical"
      i18nStrings={{
        expandButtonLabel: (node) => `Show what is below ${nameOf(node)}`,
        collapseButtonLabel: (node) => `Hide what is below ${nameOf(node)}`,
      }}
    />
  )
}

const itemOf = (node: DecisionNode) => ({
  content: <Content node={node} />,
  announcementLabel: nameOf(node),
  ...(node.kind === 'decision' && { secondaryContent: <Wrapped>{`by ${node.decision.principal}`}</Wrapped> }),
})

function Content({ node }: { readonly node: DecisionNode }) {
  switch (node.kind) {
    case 'request':
      return <Box variant="strong">{nameOf(node)}</Box>
    case 'decision':
      return <DecisionLine decision={node.decision} index={node.index} />
    case 'type':
      return node.isMissing ? <StatusIndicator type="error">{nameOf(node)}</StatusIndicator> : <Box>{nameOf(node)}</Box>
    case 'statement':
      return <StatementLine statement={node.statement} />
    case 'source':
      return <JsonText text={JSON.stringify(node.source)} label="The statement" />
    default:
      return <Wrapped>{nameOf(node)}</Wrapped>
  }
}

const DecisionLine = ({ decision, index }: { readonly decision: ExplainedDecision; readonly index: number }) => (
  <>
    <StatusIndicator type={decision.allowed ? 'success' : 'error'}>
      {decision.allowed ? 'Allowed' : 'Denied'}
    </StatusIndicator>{' '}
    <PageLink to={`?decision=${index + 1}`}>
      {decision.action} on {decision.resource}
    </PageLink>
  </>
)

const StatementLine = ({ statement }: { readonly statement: ConsideredStatement }) => {
  const { type, text } = resultOf(statement)
  return (
    <>
      <StatusIndicator type={type}>{text}</StatusIndicator>{' '}
      {statement.decided ? <Box variant="strong">{titleOf(statement)}</Box> : titleOf(statement)}
    </>
  )
}

function resultOf({ decided, matched, effect }: ConsideredStatement) {
  if (decided && effect === 'Allow') return { type: 'success', text: 'Decided: allowed' } as const
  if (decided) return { type: 'error', text: 'Decided: denied' } as const
  return matched ? ({ type: 'info', text: 'Matched' } as const) : ({ type: 'stopped', text: 'Did not match' } as const)
}

const titleOf = ({ sid, index, effect }: ConsideredStatement) =>
  `${sid === undefined ? `Statement ${index + 1}` : `Statement ${index + 1}, ${sid}`} (${effect})`

const Wrapped = ({ children }: { readonly children: string }) => (
  <span style={{ overflowWrap: 'anywhere' }}>{children}</span>
)

/** A node in words. */
function nameOf(node: DecisionNode): string {
  switch (node.kind) {
    case 'request': {
      const { operation = 'Request', outcome } = node.request
      return `${operation}: ${typeof outcome === 'object' ? outcome.code : outcome}`
    }
    case 'decision': {
      const { action, resource, allowed } = node.decision
      return `${action} on ${resource}: ${allowed ? 'allowed' : 'denied'}`
    }
    case 'type':
      return node.isMissing ? `No ${node.type} allows it` : (POLICIES[node.type] ?? node.type)
    case 'policy':
      return node.policy
    case 'statement':
      return `${titleOf(node.statement)}: ${resultOf(node.statement).text}`
    case 'reason':
      return node.text
    case 'source':
      return 'The statement'
  }
}

const POLICIES: Readonly<Record<string, string>> = {
  'identity-based policy': 'Identity-based policies',
  'resource-based policy': 'Resource-based policies',
  'permissions boundary': 'Permissions boundaries',
  'session policy': 'Session policies',
  'service control policy': 'Service control policies',
}
