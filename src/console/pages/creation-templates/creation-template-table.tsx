import type { RepositoryCreationTemplate } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { Page } from '../../parts/page.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { pageOf, TEMPLATES, useTemplates } from './creation-template-requests.js'
import { DeleteTemplate } from './delete-template.js'
import { mutabilityText } from '../repositories/repository-words.js'
import { prefixText, reasonsText } from './template-draft.js'

/** The templates of the registry. */
export function CreationTemplateTable() {
  const { data, error } = useTemplates()
  const navigate = useNavigate()
  const [selected, select] = useState<string>()
  const [isDeletionAsked, setDeletionAsked] = useState(false)
  const chosen = data?.filter(({ prefix }) => prefix === selected) ?? []
  const create = (
    <Button variant="primary" onClick={() => void navigate(`${TEMPLATES}/create`)}>
      Create template
    </Button>
  )
  return (
    <Page
      title="Repository creation templates"
      description="Settings of the repositories that ECR itself creates: by pull through cache, replication and push."
      actions={create}
    >
      <ResourceTable
        title="Templates"
        things="templates"
        items={data}
        error={error}
        keyOf={({ prefix = '' }) => prefix}
        columns={COLUMNS}
        selection={{ type: 'single', selected: chosen, onSelect: ([template]) => select(template?.prefix) }}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={chosen.length === 0} onClick={() => setDeletionAsked(true)}>
              Delete
            </Button>
            <Button disabled={chosen.length === 0} onClick={() => void navigate(`${pageOf(selected ?? '')}/edit`)}>
              Edit
            </Button>
          </SpaceBetween>
        }
        empty={
          <>
            <div>Without a template, repositories that ECR creates have its defaults.</div>
            {create}
          </>
        }
      />
      {isDeletionAsked && selected !== undefined && (
        <DeleteTemplate prefix={selected} onDeleted={() => select(undefined)} onClose={() => setDeletionAsked(false)} />
      )}
    </Page>
  )
}

const COLUMNS: readonly Column<RepositoryCreationTemplate>[] = [
  {
    id: 'prefix',
    header: 'Prefix',
    isRowHeader: true,
    text: ({ prefix }) => prefix,
    cell: ({ prefix = '' }) => <PageLink to={pageOf(prefix)}>{prefixText(prefix)}</PageLink>,
  },
  { id: 'for', header: 'Applied for', text: ({ appliedFor }) => reasonsText(appliedFor ?? []) },
  { id: 'description', header: 'Description', text: ({ description }) => description },
  { id: 'mutability', header: 'Tag mutability', text: (template) => mutabilityText(template) },
  {
    id: 'updated',
    header: 'Updated at',
    text: ({ updatedAt }) => updatedAt?.toISOString(),
    cell: ({ updatedAt }) => <Time value={updatedAt} />,
  },
]
