import type {
  ConsideredStatement,
  ExplainedDecision,
  ExplainedRequest,
} from '../../../registry/ports/decision-source.js'

/** A node of the tree that a request, its decisions and their policies are shown as. */
export type DecisionNode = { readonly id: string; readonly children: readonly DecisionNode[] } & (
  | { readonly kind: 'request'; readonly request: ExplainedRequest }
  | { readonly kind: 'decision'; readonly decision: ExplainedDecision; readonly index: number }
  | {
      readonly kind: 'type'
      readonly type: string
      /** Whether it has to allow the request and does not. */
      readonly isMissing: boolean
    }
  | { readonly kind: 'policy'; readonly policy: string }
  | { readonly kind: 'statement'; readonly statement: ConsideredStatement }
  | { readonly kind: 'reason'; readonly text: string }
  | { readonly kind: 'source'; readonly source: object }
)

/** The tree of a request: its decisions, the types of their policies, the policies, and the statements. */
export const requestNode = (request: ExplainedRequest): DecisionNode => ({
  id: 'request',
  kind: 'request',
  request,
  children: request.decisions.map(decisionNode),
})

/** The id of the node of a decision. */
export const decisionId = (index: number): string => `decision ${index}`

/** The ids of a node and of all below it, except statements that did not decide. */
export function openedWith(node: DecisionNode): string[] {
  const isOpen = node.kind !== 'statement' || node.statement.decided
  return isOpen ? [node.id, ...node.children.flatMap(openedWith)] : []
}

function decisionNode(decision: ExplainedDecision, index: number): DecisionNode {
  const id = decisionId(index)
  // Without a statement that decided, it is denied by the type of policy in which none allows it.
  const missing = decision.decidedBy ? undefined : decision.type
  const types = grouped(decision.considered, ({ type }) => type).map(([type, statements]) =>
    typeNode(`${id} ${type}`, { type, isMissing: type === missing }, statements),
  )
  const isShown = missing === undefined || decision.considered.some(({ type }) => type === missing)
  const children = isShown ? types : [...types, typeNode(`${id} ${missing}`, { type: missing, isMissing: true }, [])]
  return { id, kind: 'decision', decision, index, children }
}

const typeNode = (
  id: string,
  { type, isMissing }: { readonly type: string; readonly isMissing: boolean },
  statements: readonly ConsideredStatement[],
): DecisionNode => ({
  id,
  kind: 'type',
  type,
  isMissing,
  children: grouped(statements, ({ policy }) => policy).map(([policy, own]) => ({
    id: `${id} ${policy}`,
    kind: 'policy',
    policy,
    children: own.map((statement) => statementNode(`${id} ${policy} ${statement.index}`, statement)),
  })),
})

const statementNode = (id: string, statement: ConsideredStatement): DecisionNode => ({
  id,
  kind: 'statement',
  statement,
  children: [
    ...statement.because.map(
      (text, index) => ({ id: `${id} reason ${index}`, kind: 'reason', text, children: [] }) as const,
    ),
    { id: `${id} source`, kind: 'source', source: statement.source, children: [] },
  ],
})

/** Groups in the order in which their first member occurs. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups]
}
