import type { Repository } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { Time } from '../../parts/amounts.js'
import { Page } from '../../parts/page.js'
import { PageLink } from '../../parts/page-link.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { useRepositories } from '../../parts/repository-select.js'
import { MAX_ITEMS } from '../../requests/use-ecr.js'
import { PushCommandsButton } from './push-commands.js'
import { RepositoryDeletion } from './repository-deletion.js'
import { repositoryAddress, useRuleServing } from './repository-requests.js'
import { encryptionText, mutabilityText } from './repository-words.js'
import { ScanFrequency } from './scan-frequency.js'
import { rulePath } from '../pull-through-cache/use-cache-rules.js'
import { CopyButton } from '../../parts/copy-button.js'

/** The repositories of the registry. */
export function RepositoryList() {
  const navigate = useNavigate()
  const { data, error } = useRepositories()
  const ruleServing = useRuleServing()
  const [chosen, setChosen] = useState<readonly Repository[]>([])
  const [isDeleting, setDeleting] = useState(false)
  const selected = data?.filter((repository) => chosen.some((one) => nameOf(one) === nameOf(repository))) ?? []
  const only = selected.length === 1 ? selected[0] : undefined
  return (
    <Page title="Repositories" description="The private repositories of this registry, those of its caches included.">
      <ResourceTable
        title="Private repositories"
        things="repositories"
        items={data}
        error={error}
        columns={columnsWith(ruleServing)}
        keyOf={nameOf}
        description={data?.length === MAX_ITEMS && `Only the first ${MAX_ITEMS.toLocaleString('en')} are listed.`}
        selection={{ type: 'multi', selected, onSelect: setChosen }}
        empty={
          <SpaceBetween size="s">
            <>Create one, or add a pull through cache rule, which creates them as images are pulled.</>
            <Button onClick={() => void navigate('/repositories/create')}>Create repository</Button>
          </SpaceBetween>
        }
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <PushCommandsButton repository={only && nameOf(only)} />
            <Button
              disabled={selected.length === 0}
              disabledReason="Select repositories first"
              onClick={() => setDeleting(true)}
            >
              Delete
            </Button>
            <Button variant="primary" onClick={() => void navigate('/repositories/create')}>
              Create repository
            </Button>
          </SpaceBetween>
        }
      />
      {isDeleting && selected.length > 0 && (
        <RepositoryDeletion
          names={selected.map(nameOf)}
          onDone={() => setDeleting(false)}
          onDismiss={() => setDeleting(false)}
        />
      )}
    </Page>
  )
}

const nameOf = ({ repositoryName = '' }: Repository) => repositoryName

const columnsWith = (ruleServing: (name: string) => string | undefined): Column<Repository>[] => [
  {
    id: 'name',
    header: 'Repository name',
    text: nameOf,
    cell: (repository) => <PageLink to={repositoryAddress(nameOf(repository))}>{nameOf(repository)}</PageLink>,
    isRowHeader: true,
    minWidth: 200,
  },
  {
    id: 'uri',
    header: 'URI',
    text: ({ repositoryUri }) => repositoryUri,
    cell: ({ repositoryUri = '' }) => <Uri value={repositoryUri} />,
    minWidth: 260,
  },
  {
    id: 'created',
    header: 'Created at',
    text: ({ createdAt }) => createdAt?.getTime(),
    cell: ({ createdAt }) => <Time value={createdAt} />,
    minWidth: 150,
  },
  { id: 'mutability', header: 'Tag immutability', text: mutabilityText },
  {
    id: 'encryption',
    header: 'Encryption type',
    text: ({ encryptionConfiguration }) => encryptionText(encryptionConfiguration),
  },
  {
    id: 'scan',
    header: 'Scan frequency',
    text: ({ imageScanningConfiguration }) => (imageScanningConfiguration?.scanOnPush ? 'Scan on push' : 'Manual'),
    cell: (repository) => <ScanFrequency repository={nameOf(repository)} />,
  },
  {
    id: 'rule',
    header: 'Pull through cache',
    text: (repository) => ruleServing(nameOf(repository)),
    cell: (repository) => <Rule prefix={ruleServing(nameOf(repository))} />,
  },
]

/** The address of a repository, to copy. */
export const Uri = ({ value }: { readonly value: string }) => (
  <CopyButton variant="inline" text={value} label={`Copy ${value}`} />
)

/** The cache rule that serves a repository. */
export const Rule = ({ prefix }: { readonly prefix: string | undefined }) =>
  prefix === undefined ? <>–</> : <PageLink to={rulePath(prefix)}>{prefix}</PageLink>
