import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import Wizard from '@cloudscape-design/components/wizard'
import { type ReactNode, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { useDocumentTitle } from '../../parts/document-title.js'
import { useRegistryHost } from '../../parts/registry-host.js'
import { useEcrChange } from '../../requests/use-ecr.js'
import { AuthenticationStep } from './authentication-step.js'
import { DestinationStep } from './destination-step.js'
import { SourceStep, type StepProps } from './source-step.js'
import { ReviewStep } from './review-step.js'
import { canLogIn, draftIn, lacksSource, parametersOf, refusedField, type RuleDraft, ruleOf } from './rule-draft.js'
import { pullCommand, RULES_PATH, rulePath } from './use-cache-rules.js'

/** Add rule, step by step. The step and what was chosen before it are in the address. */
export function AddRulePage() {
  useDocumentTitle('Add pull through cache rule')
  const [parameters, setParameters] = useSearchParams()
  const [draft, setDraft] = useState(() => draftIn(parameters))
  const [isMissing, setMissing] = useState(false)
  const navigate = useNavigate()
  const { mutate, isPending, error, reset } = useSave()
  const change = (changed: RuleDraft) => {
    setDraft(changed)
    setMissing(false)
    reset()
  }
  const steps = stepsOf(draft)
  const open = (step: StepId) => setParameters([...parametersOf(draft), ['step', step]])
  const index = Math.max(
    0,
    steps.findIndex(({ id }) => id === parameters.get('step')),
  )
  const props: StepProps = { draft, onChange: change, refused: refusedField(error), isMissing }
  return (
    <Wizard
      steps={steps.map(({ id, title, description }) => ({
        title,
        description,
        content: contentOf(id, props, error, open),
      }))}
      activeStepIndex={index}
      submitButtonText="Save"
      isLoadingNextStep={isPending}
      i18nStrings={{
        stepNumberLabel: (step) => `Step ${step}`,
        cancelButton: 'Cancel',
        previousButton: 'Previous',
        nextButton: 'Next',
      }}
      onCancel={() => void navigate(RULES_PATH)}
      onNavigate={({ detail }) => {
        const target = steps[detail.requestedStepIndex]
        const lacks = index === 0 && detail.reason === 'next' && lacksSource(draft)
        setMissing(lacks)
        if (target && !lacks) open(target.id)
      }}
      onSubmit={() => mutate(draft)}
    />
  )
}

type StepId = 'source' | 'authentication' | 'destination' | 'review'

interface Step {
  readonly id: StepId
  readonly title: string
  readonly description: string
}

const SOURCE: Step = {
  id: 'source',
  title: 'Specify a source',
  description: 'The upstream registry whose images are cached in this one.',
}
const AUTHENTICATION: Step = {
  id: 'authentication',
  title: 'Configure authentication',
  description: 'How this registry authenticates to the upstream registry.',
}
const DESTINATION: Step = {
  id: 'destination',
  title: 'Specify a destination',
  description: 'The namespace of the repositories in this registry that cache the images.',
}
const REVIEW: Step = {
  id: 'review',
  title: 'Review and save',
  description:
    'Once it is saved, the rule is validated: the upstream is contacted, and logged in to if it has credentials.',
}

/** Registries without credentials have one step less. */
const stepsOf = (draft: RuleDraft): readonly Step[] =>
  canLogIn(draft) ? [SOURCE, AUTHENTICATION, DESTINATION, REVIEW] : [SOURCE, DESTINATION, REVIEW]

function contentOf(id: StepId, props: StepProps, error: unknown, open: (step: StepId) => void): ReactNode {
  if (id === 'source') return <SourceStep {...props} />
  if (id === 'authentication') return <AuthenticationStep {...props} />
  if (id === 'destination') return <DestinationStep {...props} />
  return <ReviewStep {...props} error={error} onEdit={open} />
}

/** Creates the rule, says how to pull through it, and shows it. */
function useSave() {
  const navigate = useNavigate()
  const host = useRegistryHost()
  return useEcrChange((client, draft: RuleDraft) => client.send(new CreatePullThroughCacheRuleCommand(ruleOf(draft))), {
    succeeded: (_, { ecrRepositoryPrefix = '' }) =>
      `Rule ${ecrRepositoryPrefix} saved. Pull through it with: ${pullCommand(host, ecrRepositoryPrefix)}`,
    onSuccess: ({ ecrRepositoryPrefix = '' }) => void navigate(rulePath(ecrRepositoryPrefix)),
  })
}
