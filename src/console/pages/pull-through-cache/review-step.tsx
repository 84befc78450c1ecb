import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { canLogIn, exampleOf, type DraftField, ruleOf, serviceOf } from './rule-draft.js'
import { SecretHelp } from './secret-help.js'
import type { StepProps } from './source-step.js'

type EditedStep = 'source' | 'authentication' | 'destination'

interface ReviewProps extends StepProps {
  readonly error: unknown
  readonly onEdit: (step: EditedStep) => void
}

/** The last step: what will be saved, and what the service said if it refused it. */
export function ReviewStep({ draft, refused, error, onEdit }: ReviewProps) {
  const { upstreamRegistryUrl, ecrRepositoryPrefix, upstreamRepositoryPrefix = ROOT, ...credentials } = ruleOf(draft)
  const { here, upstream } = exampleOf(draft)
  const part = (title: string, step: EditedStep, fields: readonly DraftField[], pairs: readonly [string, string][]) => (
    <ReviewPart
      title={title}
      pairs={pairs}
      isRefused={refused.field !== undefined && fields.includes(refused.field)}
      onEdit={() => onEdit(step)}
    />
  )
  return (
    <SpaceBetween size="l">
      <FailureAlert error={error} />
      {refused.field === 'credentialArn' && <SecretHelp arn={draft.credentialArn} />}
      {part(
        'Source',
        'source',
        ['url'],
        [
          ['Registry', serviceOf(draft)?.displayName ?? 'Other registry'],
          ['Upstream registry URL', upstreamRegistryUrl],
        ],
      )}
      {canLogIn(draft) &&
        part(
          'Authentication',
          'authentication',
          ['credentialArn', 'customRoleArn'],
          [
            ['Secret', credentials.credentialArn ?? 'None'],
            ['IAM role', credentials.customRoleArn ?? 'None'],
          ],
        )}
      {part(
        'Destination',
        'destination',
        ['cachePrefix', 'upstreamPrefix'],
        [
          ['Cache namespace', ecrRepositoryPrefix],
          ['Upstream namespace', upstreamRepositoryPrefix],
          ['Example', `${here} is pulled from ${upstream}`],
        ],
      )}
    </SpaceBetween>
  )
}

interface ReviewPartProps {
  readonly title: string
  readonly pairs: readonly [string, string][]
  readonly isRefused: boolean
  readonly onEdit: () => void
}

const ReviewPart = ({ title, pairs, isRefused, onEdit }: ReviewPartProps) => (
  <Container
    header={
      <Header
        variant="h2"
        info={isRefused && <StatusIndicator type="error">Refused</StatusIndicator>}
        actions={
          <Button ariaLabel={`Edit ${title}`} onClick={onEdit}>
            Edit
          </Button>
        }
      >
        {title}
      </Header>
    }
  >
    <KeyValuePairs columns={2} items={pairs.map(([label, value]) => ({ label, value }))} />
  </Container>
)
