import { GetSigningConfigurationCommand, type SigningRule } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { failureOf } from '../../requests/request-failure.js'
import { useEcr } from '../../requests/use-ecr.js'
import { FormDialog } from '../../parts/form-dialog.js'
import { useSigningChange } from './use-signing-change.js'

/** The rules of managed signing: which images are signed when they are pushed, and with which profile. */
export function SigningRules() {
  const { rules, error } = useSigningRules()
  const [selected, select] = useState<string>()
  const [open, setOpen] = useState<'add' | 'delete'>()
  const close = () => setOpen(undefined)
  const chosen = rules?.filter((rule) => keyOf(rule) === selected) ?? []
  const [rule] = chosen
  return (
    <>
      <ResourceTable
        name="signing"
        title="Managed signing"
        things="signing rules"
        description="Images that a rule matches are to be signed when they are pushed. ecr-local signs nothing: the signing status of each is Failed."
        items={rules}
        error={error}
        keyOf={keyOf}
        columns={COLUMNS}
        selection={{ type: 'single', selected: chosen, onSelect: ([one]) => select(one && keyOf(one)) }}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={!rule} onClick={() => setOpen('delete')}>
              Delete rule
            </Button>
            <Button onClick={() => setOpen('add')}>Add rule</Button>
          </SpaceBetween>
        }
        empty="Add a rule with a profile of AWS Signer."
      />
      {open === 'add' && <Addition onClose={close} />}
      {open === 'delete' && rule && <Deletion rule={rule} onClose={close} />}
    </>
  )
}

function useSigningRules() {
  const { data, error } = useEcr('GetSigningConfiguration', new GetSigningConfigurationCommand({}))
  if (error && failureOf(error).code === 'SigningConfigurationNotFoundException') return { rules: [], error: null }
  return { rules: data && (data.signingConfiguration?.rules ?? []), error }
}

/** What a rule says is what it is known by: it has no name. */
const keyOf = (rule: SigningRule) => `${rule.signingProfileArn} for ${filtersText(rule)}`

const filtersText = ({ repositoryFilters = [] }: SigningRule) =>
  repositoryFilters.map(({ filter }) => filter).join(', ') || 'All repositories'

const COLUMNS: readonly Column<SigningRule>[] = [
  { id: 'profile', header: 'Signing profile', isRowHeader: true, text: ({ signingProfileArn }) => signingProfileArn },
  { id: 'filters', header: 'Repositories', text: filtersText },
]

function Addition({ onClose }: { readonly onClose: () => void }) {
  const [profile, setProfile] = useState('')
  const [filters, setFilters] = useState('')
  const { mutate, isPending, error } = useSigningChange({ said: 'The signing rule was added', onSuccess: onClose })
  const submit = () => {
    const repositoryFilters = filters
      .split(',')
      .map((filter) => filter.trim())
      .filter((filter) => filter !== '')
      .map((filter) => ({ filter, filterType: 'WILDCARD_MATCH' as const }))
    mutate({ added: { signingProfileArn: profile, ...(repositoryFilters.length > 0 && { repositoryFilters }) } })
  }
  return (
    <FormDialog
      title="Add signing rule"
      action="Add"
      isBusy={isPending}
      error={error}
      onSubmit={submit}
      onDismiss={onClose}
    >
      <FormField label="Signing profile ARN" description="Of AWS Signer, in this Region.">
        <Input
          value={profile}
          placeholder="arn:aws:signer:us-east-1:123456789012:/signing-profiles/name"
          onChange={({ detail }) => setProfile(detail.value.trim())}
        />
      </FormField>
      <FormField
        label="Repository filters - optional"
        description="Names with wildcards (*), separated by commas. Without any, all repositories."
      >
        <Input value={filters} placeholder="prod/*" onChange={({ detail }) => setFilters(detail.value)} />
      </FormField>
    </FormDialog>
  )
}

function Deletion({ rule, onClose }: { readonly rule: SigningRule; readonly onClose: () => void }) {
  const { mutate, isPending, error } = useSigningChange({ said: 'The signing rule was deleted', onSuccess: onClose })
  return (
    <ConfirmDeletion
      title="Delete signing rule"
      names={[keyOf(rule)]}
      consequence="Images that are pushed from now on are not signed by this rule."
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate({ removed: rule })}
      onDismiss={onClose}
    />
  )
}
