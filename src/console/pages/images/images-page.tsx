import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Navigate, Route, Routes, useParams, useSearchParams } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { PageLink } from '../../parts/page-link.js'
import { UnknownPage } from '../../parts/unknown-page.js'
import { PushCommandsButton } from '../repositories/push-commands.js'
import { repositoryAddress, useRepositories } from '../repositories/repository-requests.js'
import { ImageList } from './image-list.js'
import { ImageDetails } from './image-details.js'

/** Images of a repository that is chosen, and the page of each. */
export const ImagesPage = () => (
  <Routes>
    <Route index element={<ImagesOfRepository />} />
    <Route path=":repository" element={<ChosenRepository />} />
    <Route path=":repository/:reference/:tab?" element={<ImageDetails />} />
    <Route path="*" element={<UnknownPage />} />
  </Routes>
)

/** The address between those of the list and of an image, which the breadcrumbs have. */
function ChosenRepository() {
  const { repository = '' } = useParams()
  return <Navigate to={`/images?${new URLSearchParams({ repository }).toString()}`} replace />
}

function ImagesOfRepository() {
  const [parameters, setParameters] = useSearchParams()
  const { data: repositories, error, isPending } = useRepositories()
  const repository = parameters.get('repository')
  const names = repositories?.map(({ repositoryName = '' }) => repositoryName).sort() ?? []
  return (
    <Page
      title="Images"
      description="The images of a repository: their tags, sizes, vulnerabilities, and when they were pulled."
      actions={repository !== null && <PushCommandsButton repository={repository} />}
    >
      <SpaceBetween size="l">
        <FailureAlert error={error} />
        <Container>
          <FormField label="Repository" description={<RepositoryHint name={repository} hasNone={names.length === 0} />}>
            <Select
              selectedOption={repository === null ? null : { value: repository, label: repository }}
              options={names.map((name) => ({ value: name, label: name }))}
              placeholder="Choose a repository"
              filteringType="auto"
              filteringAriaLabel="Find a repository"
              filteringPlaceholder="Find a repository"
              virtualScroll
              statusType={isPending ? 'loading' : 'finished'}
              loadingText="Loading repositories"
              empty="There are no repositories"
              onChange={({ detail }) => setParameters({ repository: detail.selectedOption.value ?? '' })}
            />
          </FormField>
        </Container>
        {repository !== null && <ImageList key={repository} repository={repository} />}
      </SpaceBetween>
    </Page>
  )
}

function RepositoryHint({ name, hasNone }: { readonly name: string | null; readonly hasNone: boolean }) {
  if (name !== null) return <PageLink to={repositoryAddress(name)}>Settings and permissions of {name}</PageLink>
  if (hasNone) return <PageLink to="/repositories/create">Create the first repository</PageLink>
  return <>Its images are listed below.</>
}
