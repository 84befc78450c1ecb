import type { Policy, PolicyKind, PolicyVersion, Statement } from './policy.js'
import { listAt, type Located, memberOf, nameOf, objectAt, optionalTextAt, refuse } from './reading.js'
import { parseStatement } from './statement.js'

/**
 * Compiles a policy document, once. Throws PolicyError that says where and what is wrong.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(document: unknown, kind: PolicyKind): Policy {
  const object = objectAt({ value: document, path: '' }, ['Version', 'Id', 'Statement'])
  const version = versionAt(memberOf(object, 'Version'))
  optionalTextAt(memberOf(object, 'Id'))
  const at = memberOf(object, 'Statement')
  if (at.value === undefined) refuse(at, 'must be there: a policy is made of statements')
  const statements = listAt(at).map((statement, index) => parseStatement(statement, index, version, kind))
  return { version, statements, conditionKeys: new Set(statements.flatMap(keysOf)) }
}

function versionAt(at: Located): PolicyVersion {
  if (at.value === undefined) return '2008-10-17'
  if (at.value === '2008-10-17' || at.value === '2012-10-17') return at.value
  return refuse(at, `must be 2012-10-17 or 2008-10-17, not ${nameOf(at.value)}`)
}

const keysOf = ({ resources, conditions }: Statement): string[] => [
  ...(resources?.variables ?? []),
  ...conditions.flatMap(({ lookup, variables }) => [lookup, ...variables]),
]
