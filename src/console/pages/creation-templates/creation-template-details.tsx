import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { PageLink } from '../../parts/page-link.js'
import { Page } from '../../parts/page.js'
import { pageOf, TEMPLATES, useTemplate } from './creation-template-requests.js'
import { DeleteTemplate } from './delete-template.js'
import { prefixText, templateDraftOf } from './template-draft.js'
import { TemplateSummary } from './template-summary.js'

/** The template whose prefix is in the address. */
export function CreationTemplateDetails() {
  const { prefix = '' } = useParams()
  const { template, error } = useTemplate(prefix)
  const navigate = useNavigate()
  const [isDeletionAsked, setDeletionAsked] = useState(false)
  return (
    <Page
      title={prefixText(prefix)}
      actions={
        template && (
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => setDeletionAsked(true)}>Delete</Button>
            <Button variant="primary" onClick={() => void navigate(`${pageOf(prefix)}/edit`)}>
              Edit
            </Button>
          </SpaceBetween>
        )
      }
    >
      <FailureAlert error={error} />
      {template === undefined && !error && <StatusIndicator type="loading">Loading the template</StatusIndicator>}
      {template === null && <NoTemplate prefix={prefix} />}
      {template && <TemplateSummary draft={templateDraftOf(template)} />}
      {isDeletionAsked && (
        <DeleteTemplate
          prefix={prefix}
          onDeleted={() => void navigate(TEMPLATES)}
          onClose={() => setDeletionAsked(false)}
        />
      )}
    </Page>
  )
}

/** For an address whose prefix no template has. */
export const NoTemplate = ({ prefix }: { readonly prefix: string }) => (
  <Alert type="info">
    There is no template with the prefix {prefix}. <PageLink to={TEMPLATES}>See all templates</PageLink>
  </Alert>
)
