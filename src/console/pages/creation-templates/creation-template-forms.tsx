import { CreateRepositoryCreationTemplateCommand, UpdateRepositoryCreationTemplateCommand } from '@aws-sdk/client-ecr'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useNavigate, useParams } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { NoTemplate } from './creation-template-details.js'
import { pageOf, TEMPLATES, useTemplate } from './creation-template-requests.js'
import { emptyTemplate, type TemplateDraft, templateDraftOf, templateOf } from './template-draft.js'
import { TemplateWizard } from './template-wizard.js'

/** The steps that create a template. */
export function CreateTemplate() {
  const navigate = useNavigate()
  const { mutate, isPending, error } = useEcrChange(
    (client, draft: TemplateDraft) => client.send(new CreateRepositoryCreationTemplateCommand(templateOf(draft))),
    {
      succeeded: ({ prefix }) => `The template ${prefix} was created`,
      onSuccess: () => void navigate(TEMPLATES),
    },
  )
  return (
    <TemplateWizard
      title="Create repository creation template"
      submit="Create template"
      initial={emptyTemplate}
      isBusy={isPending}
      error={error}
      onSubmit={mutate}
      onCancel={() => void navigate(TEMPLATES)}
    />
  )
}

/** The same steps for the template whose prefix is in the address. */
export function EditTemplate() {
  const { prefix = '' } = useParams()
  const navigate = useNavigate()
  const { template, error: failure } = useTemplate(prefix)
  const leave = () => void navigate(pageOf(prefix))
  const { mutate, isPending, error } = useEcrChange(
    (client, { draft, before }: { readonly draft: TemplateDraft; readonly before: TemplateDraft }) =>
      client.send(new UpdateRepositoryCreationTemplateCommand(templateOf(draft, before))),
    { succeeded: () => `The template ${prefix} was saved`, onSuccess: leave },
  )
  if (!template)
    return (
      <Page title="Edit repository creation template">
        <FailureAlert error={failure} />
        {template === undefined && !failure && <StatusIndicator type="loading">Loading the template</StatusIndicator>}
        {template === null && <NoTemplate prefix={prefix} />}
      </Page>
    )
  const before = templateDraftOf(template)
  return (
    <TemplateWizard
      title="Edit repository creation template"
      submit="Save"
      initial={before}
      isExisting
      isBusy={isPending}
      error={error}
      onSubmit={(draft) => mutate({ draft, before })}
      onCancel={leave}
    />
  )
}
