import { ROOT } from '../cache-rules/cache-rule.js'
import { type Registry, repositoryArn } from '../registry.js'

/** A statement as it stands in the text of a policy: whatever the service accepted. */
export type WrittenStatement = Readonly<Record<string, unknown>>

interface Document {
  readonly members: Readonly<Record<string, unknown>>
  readonly statements: readonly WrittenStatement[]
}

/** The version of a policy that names none, by which policy variables are text like any other. */
const VERSION_IF_ABSENT = '2008-10-17'
const VERSION = '2012-10-17'

/**
 * The statements of the policy of a registry or a repository in their order; none without a policy. A policy may be one
 * bare statement. Throws SyntaxError for a text that is not JSON, which the service does not store.
 */
export const statementsOf = (policyText: string | undefined): readonly WrittenStatement[] =>
  documentOf(policyText).statements

/** The text of the policy with a statement after those that it has. What else it says stays. */
export function withStatement(policyText: string | undefined, added: object): string {
  const { members, statements } = documentOf(policyText)
  return textOf({ ...members, Statement: [...statements, added] })
}

/** The text of the policy without the statements at these positions; undefined if none are left. */
export function withoutStatements(policyText: string | undefined, positions: ReadonlySet<number>): string | undefined {
  const { members, statements } = documentOf(policyText)
  const left = statements.filter((_, position) => !positions.has(position))
  return left.length === 0 ? undefined : textOf({ ...members, Statement: left })
}

/** A policy as people read it. */
export const textOf = (policy: object): string => JSON.stringify(policy, undefined, 2)

function documentOf(policyText: string | undefined): Document {
  if (policyText === undefined) return { members: { Version: VERSION }, statements: [] }
  const policy = JSON.parse(policyText) as WrittenStatement
  if ('Effect' in policy) return { members: { Version: VERSION_IF_ABSENT }, statements: [policy] }
  const { Statement: statements = [], ...members } = policy
  return { members, statements: [statements].flat() as WrittenStatement[] }
}

/** The values of a member that is one text or a list of them. */
export const textsIn = (value: unknown): readonly string[] =>
  [value].flat().filter((each): each is string => typeof each === 'string')

/**
 * Whether a statement is about the repositories under a prefix: one of its resources names it. A statement about all
 * repositories names no prefix but ROOT.
 */
export function namesPrefix(statement: WrittenStatement, registry: Registry, prefix: string): boolean {
  const all = repositoryArn(registry, '')
  const isNamed = (resource: string) => {
    const name = resource.startsWith(all) ? resource.slice(all.length) : resource
    if (prefix === ROOT) return name.startsWith('*')
    return name.startsWith(prefix) && ['', '/', '*', '?'].includes(name.charAt(prefix.length))
  }
  return textsIn(statement.Resource ?? statement.NotResource).some(isNamed)
}
