import SpaceBetween from '@cloudscape-design/components/space-between'
import Wizard from '@cloudscape-design/components/wizard'
import { useState } from 'react'
import { useDocumentTitle } from '../../parts/document-title.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { TemplateConfigurationStep } from './template-configuration-step.js'
import { TemplateDetailsStep } from './template-details-step.js'
import type { TemplateDraft } from './template-draft.js'
import { TemplateSummary } from './template-summary.js'

/** The steps of a template, as the AWS console has them. */
export function TemplateWizard({
  title,
  submit,
  initial,
  isExisting = false,
  isBusy,
  error,
  onSubmit,
  onCancel,
}: {
  /** Of the browser's tab. */
  readonly title: string
  /** The text of the last button. */
  readonly submit: string
  readonly initial: TemplateDraft
  /** Whether the prefix is given. */
  readonly isExisting?: boolean
  readonly isBusy: boolean
  readonly error: unknown
  readonly onSubmit: (draft: TemplateDraft) => void
  readonly onCancel: () => void
}) {
  useDocumentTitle(title)
  const [draft, setDraft] = useState(initial)
  const [step, setStep] = useState(0)
  const change = (changed: Partial<TemplateDraft>) => setDraft((before) => ({ ...before, ...changed }))
  return (
    <Wizard
      steps={[
        {
          title: 'Define template',
          description: 'Which repositories it is about.',
          content: <TemplateDetailsStep draft={draft} isExisting={isExisting} onChange={change} />,
        },
        {
          title: 'Add repository creation configuration',
          description: 'What repositories get that ECR creates by it.',
          content: <TemplateConfigurationStep draft={draft} onChange={change} />,
        },
        {
          title: 'Review and create',
          content: (
            <SpaceBetween size="m">
              <FailureAlert error={error} />
              <TemplateSummary draft={draft} />
            </SpaceBetween>
          ),
        },
      ]}
      activeStepIndex={step}
      isLoadingNextStep={isBusy}
      submitButtonText={submit}
      onNavigate={({ detail }) => setStep(detail.requestedStepIndex)}
      onCancel={onCancel}
      onSubmit={() => onSubmit(draft)}
    />
  )
}
