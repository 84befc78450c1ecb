import type { AutosuggestProps } from '@cloudscape-design/components/autosuggest'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { KnownAccount } from '../../../control-plane/admin/admin-answers.js'
import { useKnownAccounts } from '../../layout/known-accounts.js'
import { PageLink } from '../../parts/page-link.js'
import { TokenField } from '../../parts/token-field.js'
import { useSession } from '../../session/session-context.js'
import { RULES_PATH, upstreamName, useCacheRules } from '../pull-through-cache/use-cache-rules.js'
import { policyTypes, type StatementDraft } from './statement-draft.js'
import { useRegistryPolicy } from './use-registry-policy.js'

interface FieldsProps {
  readonly draft: StatementDraft
  readonly onChange: (draft: StatementDraft) => void
  /** Whether Save was chosen before everything was. */
  readonly isIncomplete: boolean
}

/** The fields of a generated statement; which there are depends on the policy type. */
export function StatementFields({ draft, onChange, isIncomplete }: FieldsProps) {
  const isPullThrough = draft.type === 'pull-through-cache'
  const [first] = policyTypes
  return (
    <SpaceBetween size="m">
      <FormField label="Policy type">
        <Select
          options={policyTypes}
          selectedOption={policyTypes.find(({ value }) => value === draft.type) ?? first ?? null}
          onChange={({ detail }) => {
            const chosen = policyTypes.find(({ value }) => value === detail.selectedOption.value)
            if (chosen) onChange({ ...draft, type: chosen.value, principals: [] })
          }}
        />
      </FormField>
      <StatementId draft={draft} onChange={onChange} />
      {isPullThrough ? (
        <IamEntities draft={draft} onChange={onChange} isIncomplete={isIncomplete} />
      ) : (
        <Accounts draft={draft} onChange={onChange} isIncomplete={isIncomplete} />
      )}
      {isPullThrough && <CacheNamespace draft={draft} onChange={onChange} isIncomplete={isIncomplete} />}
      <TokenField
        label="Repository names (optional)"
        description={
          isPullThrough
            ? 'As in the upstream, without the cache namespace, for example amazonlinux. Without any, all repositories of the namespace.'
            : 'Without any, all repositories of this registry.'
        }
        constraintText="* stands for any characters."
        placeholder="All repositories (*)"
        values={draft.repositories}
        onChange={(repositories) => onChange({ ...draft, repositories })}
      />
    </SpaceBetween>
  )
}

function StatementId({ draft, onChange }: Omit<FieldsProps, 'isIncomplete'>) {
  const { data } = useRegistryPolicy()
  const isTaken = draft.sid !== '' && data?.statements.some(({ Sid: sid }) => sid === draft.sid)
  return (
    <FormField
      label="Statement id"
      description="Names the statement in the policy (Sid)."
      constraintText="For example AllowPullThroughCache"
      warningText={isTaken === true && 'The policy has a statement with this id already. Both will apply.'}
    >
      <Input
        value={draft.sid}
        spellcheck={false}
        onChange={({ detail }) => onChange({ ...draft, sid: detail.value })}
      />
    </FormField>
  )
}

function IamEntities({ draft, onChange, isIncomplete }: FieldsProps) {
  const { account } = useSession()
  const accounts = useKnownAccounts()
  // Those of the own account first: users of other accounts need permissions there, too.
  const sorted = [...accounts].sort((a, b) => Number(b.account === account) - Number(a.account === account))
  return (
    <TokenField
      label="IAM entities"
      description="The users and roles that the statement is for. Choose them, or type an ARN or the id of an account."
      errorText={isIncomplete && draft.principals.length === 0 && 'Add a user, a role or an account'}
      placeholder="Choose, or type an ARN or an account id"
      options={sorted.map(entitiesOf)}
      values={draft.principals}
      onChange={(principals) => onChange({ ...draft, principals })}
    />
  )
}

/** An account as a whole, and its users and roles. */
const entitiesOf = ({ account, principals }: KnownAccount): AutosuggestProps.OptionGroup => ({
  label: `Account ${account}`,
  options: [
    ...principals.map((arn) => ({ value: arn, label: arn })),
    { value: account, label: account, description: 'All users and roles of the account' },
  ],
})

function Accounts({ draft, onChange, isIncomplete }: FieldsProps) {
  const { account: own } = useSession()
  const others = useKnownAccounts().filter(({ account }) => account !== own)
  return (
    <TokenField
      label="Accounts"
      description="The ids of the accounts that the statement is for, separated by commas."
      errorText={isIncomplete && draft.principals.length === 0 && 'Add an account'}
      placeholder="Choose, or type the id of an account"
      options={others.map(({ account }) => ({ value: account }))}
      values={draft.principals}
      onChange={(principals) => onChange({ ...draft, principals })}
    />
  )
}

function CacheNamespace({ draft, onChange, isIncomplete }: FieldsProps) {
  const { data: rules, isPending } = useCacheRules()
  const options = (rules ?? []).map((rule) => ({
    value: rule.ecrRepositoryPrefix ?? '',
    label: rule.ecrRepositoryPrefix ?? '',
    description: upstreamName(rule),
  }))
  const named = draft.namespace === '' ? null : { value: draft.namespace, label: draft.namespace }
  return (
    <FormField
      label="Cache namespace"
      description="The pull through cache rule that the statement is for."
      errorText={isIncomplete && draft.namespace === '' && 'Choose the namespace of a rule'}
    >
      <Select
        options={options}
        selectedOption={options.find(({ value }) => value === draft.namespace) ?? named}
        placeholder="Choose a namespace"
        statusType={isPending ? 'loading' : 'finished'}
        loadingText="Loading rules"
        empty={
          <Box>
            There is no rule yet. <PageLink to={`${RULES_PATH}/add`}>Add rule</PageLink>
          </Box>
        }
        onChange={({ detail }) => onChange({ ...draft, namespace: detail.selectedOption.value ?? '' })}
      />
    </FormField>
  )
}
