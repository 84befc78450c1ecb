import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { FailureAlert } from '../../parts/failure-alert.js'
import type { CheckOutcome, Checks } from './use-check-now.js'

/** How far the checks are, and what each found. */
export function CheckOutcomes({
  checks,
  onDismiss,
}: {
  readonly checks: Checks | undefined
  readonly onDismiss: () => void
}) {
  if (!checks) return null
  const { total, current, outcomes } = checks
  if (current !== undefined)
    return (
      <ProgressBar
        value={(100 * outcomes.length) / total}
        label="Checking the upstream"
        description={`${outcomes.length} of ${total} checked`}
        additionalInfo={current}
      />
    )
  return (
    <Alert
      type={outcomes.some(({ type }) => type === 'error') ? 'error' : 'success'}
      header={`Checked ${total === 1 ? '1 tag' : `${total} tags`}`}
      dismissible
      onDismiss={onDismiss}
    >
      <SpaceBetween size="xs">
        {outcomes.map((outcome) => (
          <Outcome key={outcome.image} outcome={outcome} />
        ))}
      </SpaceBetween>
    </Alert>
  )
}

const Outcome = ({ outcome: { image, type, text, error } }: { readonly outcome: CheckOutcome }) =>
  error === undefined ? (
    <StatusIndicator type={type}>
      {image}: {text}
    </StatusIndicator>
  ) : (
    <>
      <Box>{image}</Box>
      <FailureAlert error={error} />
    </>
  )
