import Wizard, { type WizardProps } from '@cloudscape-design/components/wizard'
import { useState } from 'react'
import { useDocumentTitle } from '../../parts/document-title.js'
import type { ReplicationDraft } from './replication-draft.js'
import { CrossAccountStep, DestinationRegionsStep, DestinationTypesStep, FiltersStep } from './replication-steps.js'
import { ReplicationReview } from './replication-review.js'

/** The steps of a rule, as the AWS console has them. */
export function ReplicationWizard({
  title,
  initial,
  isBusy,
  error,
  onSubmit,
  onCancel,
}: {
  /** Of the browser's tab. */
  readonly title: string
  readonly initial: ReplicationDraft
  readonly isBusy: boolean
  readonly error: unknown
  readonly onSubmit: (draft: ReplicationDraft) => void
  readonly onCancel: () => void
}) {
  useDocumentTitle(title)
  const [draft, setDraft] = useState(initial)
  const [step, setStep] = useState(0)
  const [isLeft, setLeft] = useState(false)
  const hasType = draft.isCrossRegion || draft.isCrossAccount
  const change = (changed: Partial<ReplicationDraft>) => setDraft((before) => ({ ...before, ...changed }))
  const navigate: WizardProps['onNavigate'] = ({ detail: { requestedStepIndex } }) => {
    setLeft(true)
    if (hasType || requestedStepIndex === 0) setStep(requestedStepIndex)
  }
  const steps: WizardProps.Step[] = [
    {
      title: 'Destination types',
      description: 'Where the images of the registry are copied to.',
      content: <DestinationTypesStep draft={draft} onChange={change} isMissing={isLeft && !hasType} />,
    },
    ...(draft.isCrossRegion
      ? [
          {
            title: 'Destination Regions',
            description: 'Regions of this account.',
            content: <DestinationRegionsStep draft={draft} onChange={change} />,
          },
        ]
      : []),
    ...(draft.isCrossAccount
      ? [
          {
            title: 'Cross-account replication',
            description: 'Registries of other accounts.',
            content: <CrossAccountStep draft={draft} onChange={change} />,
          },
        ]
      : []),
    {
      title: 'Add filters',
      isOptional: true,
      description: 'Without filters the images of all repositories are copied.',
      content: <FiltersStep draft={draft} onChange={change} />,
    },
    { title: 'Review and submit', content: <ReplicationReview draft={draft} error={error} /> },
  ]
  return (
    <Wizard
      steps={steps}
      activeStepIndex={step}
      isLoadingNextStep={isBusy}
      submitButtonText="Submit rule"
      onNavigate={navigate}
      onCancel={onCancel}
      onSubmit={() => onSubmit(draft)}
    />
  )
}
