import {
  crossAccountPullStatement,
  type GeneratedStatement,
  pullThroughStatement,
  replicationStatement,
} from '../../../registry/permissions/generated-statement.js'
import type { Registry } from '../../../registry/registry.js'
import { type Tokens, valuesOf } from '../../parts/token-field.js'

/** The kinds of statements that are generated. */
export type PolicyType = 'pull-through-cache' | 'replication' | 'cross-account'

/** The kinds, named as in the AWS console, with what they are for. */
export const policyTypes: readonly {
  readonly value: PolicyType
  readonly label: string
  readonly description: string
}[] = [
  {
    value: 'pull-through-cache',
    label: 'Pull through cache - scoped permissions',
    description: 'IAM users and roles may pull images through a rule for the first time',
  },
  {
    value: 'replication',
    label: 'Replication - cross account',
    description: 'Other accounts may replicate their repositories to this registry',
  },
  {
    value: 'cross-account',
    label: 'Cross account - pull images',
    description: 'Other accounts may pull images of this registry',
  },
]

/** What a person has chosen so far for a statement. */
export interface StatementDraft {
  readonly type: PolicyType
  readonly sid: string
  readonly principals: Tokens
  /** The namespace of a rule; empty until one is chosen. */
  readonly namespace: string
  readonly repositories: Tokens
}

/** The statement as far as it is chosen. */
export function statementOf(draft: StatementDraft, registry: Registry): GeneratedStatement {
  const { type, sid } = draft
  const namespace = draft.namespace === '' ? '<cache namespace>' : draft.namespace
  const choices = { sid, principals: valuesOf(draft.principals), repositories: valuesOf(draft.repositories) }
  if (type === 'pull-through-cache') return pullThroughStatement(registry, { ...choices, namespace })
  return type === 'replication' ? replicationStatement(registry, choices) : crossAccountPullStatement(registry, choices)
}
