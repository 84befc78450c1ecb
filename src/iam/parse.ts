import type { Policy, PolicyKind, PolicyVersion, Statement } from './policy.js'
import { listAt, type LocatedValue, memberOf, describeValue, objectAt, optionalTextAt, refuseAt } from './reading.js'
import { parseStatement } from './statement.js'

/**
 * Compiles a policy document. Throws PolicyError, which says what is wrong and where.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(document: unknown, kind: PolicyKind): Policy {
  const object = objectAt({ value: document, path: '' }, ['Version', 'Id', 'Statement'])
  const version = versionAt(memberOf(object, 'Version'))
  optionalTextAt(memberOf(object, 'Id'))
  const at = memberOf(object, 'Statement')
  if (at.value === undefined) refuseAt(at, 'must be there: a policy is made of statements')
  const located = listAt(at)
  const statements = located.map((statement, index) => parseStatement(statement, index, version, kind))
  if (kind !== 'resource') refuseRepeatedSids(statements, located)
  return { version, statements, conditionKeys: new Set(statements.flatMap(keysOf)) }
}

function versionAt(at: LocatedValue): PolicyVersion {
  if (at.value === undefined) return '2008-10-17'
  if (at.value === '2008-10-17' || at.value === '2012-10-17') return at.value
  return refuseAt(at, `must be 2012-10-17 or 2008-10-17, not ${describeValue(at.value)}`)
}

/**
 * Within an identity-based policy each Sid must be unique; ECR's resource-based policies may repeat one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
 */
function refuseRepeatedSids(statements: readonly Statement[], located: readonly LocatedValue[]): void {
  const known = new Set<string>()
  for (const { sid = '', index } of statements) {
    if (sid !== '' && known.has(sid)) {
      refuseAt({ value: sid, path: `${located[index]?.path}/Sid` }, `must be another than ${sid}, which is taken`)
    }
    known.add(sid)
  }
}

const keysOf = ({ resources, conditions }: Statement): string[] => [
  ...(resources?.variables ?? []).map(({ key }) => key),
  ...conditions.flatMap(({ lookup, variables }) => [lookup, ...variables.map(({ key }) => key)]),
]
