import type { Repository } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { type AddressTab, AddressTabs } from '../../parts/address-tabs.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { isMissing, MissingResource } from '../../parts/missing-resource.js'
import { Page } from '../../parts/page.js'
import { ImageList } from '../images/image-list.js'
import { PushCommandsButton } from './push-commands.js'
import { RepositoryDeletion } from './repository-deletion.js'
import { Uri } from './repository-list.js'
import { RepositoryLifecycle } from './repository-lifecycle.js'
import { RepositoryPermissions } from './repository-permissions.js'
import { repositoryBase, useRepository } from './repository-requests.js'
import { RepositorySummary } from './repository-summary.js'
import { RepositoryTags } from './repository-tags.js'

/** The page of a repository. */
export function RepositoryDetails() {
  const { name = '', tab } = useParams()
  const navigate = useNavigate()
  const { data: repository, error } = useRepository(name)
  const [isDeleting, setDeleting] = useState(false)
  if (error && isMissing(error))
    return (
      <Page title={name}>
        <MissingResource thing="repository" error={error} to="/repositories">
          Go to the repositories
        </MissingResource>
      </Page>
    )
  return (
    <Page
      title={name}
      description={repository && <Uri value={repository.repositoryUri ?? ''} />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={() => setDeleting(true)}>Delete repository</Button>
          <PushCommandsButton repository={name} />
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        <FailureAlert error={error} />
        <AddressTabs
          label={`Repository ${name}`}
          base={repositoryBase(name)}
          open={tab}
          tabs={tabsOf(name, repository)}
        />
      </SpaceBetween>
      {isDeleting && (
        <RepositoryDeletion
          names={[name]}
          onDone={() => void navigate('/repositories')}
          onDismiss={() => setDeleting(false)}
        />
      )}
    </Page>
  )
}

/** The tabs; those that need what DescribeRepositories says are empty until it has answered. */
const tabsOf = (name: string, repository: Repository | undefined): AddressTab[] => [
  { id: 'images', label: 'Images', content: <ImageList key={name} repository={name} /> },
  { id: 'summary', label: 'Summary', content: repository && <RepositorySummary repository={repository} /> },
  { id: 'permissions', label: 'Permissions', content: <RepositoryPermissions name={name} /> },
  { id: 'lifecycle', label: 'Lifecycle policy', content: <RepositoryLifecycle name={name} /> },
  {
    id: 'tags',
    label: 'Repository tags',
    content: repository && <RepositoryTags arn={repository.repositoryArn ?? ''} />,
  },
]
