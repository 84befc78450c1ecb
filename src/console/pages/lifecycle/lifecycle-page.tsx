import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Page } from '../../parts/page.js'
import { useParameter } from '../../parts/use-parameter.js'
import { RepositorySelect } from '../../parts/repository-select.js'
import { LifecyclePolicy } from './lifecycle-policy.js'

/** Lifecycle: the policy of a repository, edited with a preview of what it would do. */
export function LifecyclePage() {
  const [repository, choose] = useParameter('repository')
  return (
    <Page
      title="Lifecycle"
      description="Rules that expire or archive the images of a repository. What they would do is shown while you edit them."
    >
      <SpaceBetween size="l">
        <Container>
          <FormField label="Repository">
            <RepositorySelect value={repository} onChange={choose} />
          </FormField>
        </Container>
        {repository === '' ? (
          <Box textAlign="center" color="text-body-secondary">
            Choose a repository to see its lifecycle policy.
          </Box>
        ) : (
          <LifecyclePolicy key={repository} repository={repository} />
        )}
      </SpaceBetween>
    </Page>
  )
}
