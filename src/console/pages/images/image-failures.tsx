import type { ImageFailure } from '@aws-sdk/client-ecr'
import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'

/** Why a change was not made for some images, in the service's words. */
export function ImageFailures({
  failures,
  onDismiss,
}: {
  readonly failures: readonly ImageFailure[]
  readonly onDismiss: () => void
}) {
  if (failures.length === 0) return null
  return (
    <Alert
      type="error"
      header={failures.length === 1 ? '1 image was not changed' : `${failures.length} images were not changed`}
      dismissible
      onDismiss={onDismiss}
    >
      <ul>
        {failures.slice(0, MAX_SHOWN).map(({ imageId, failureCode, failureReason }) => {
          const name = [imageId?.imageTag, imageId?.imageDigest].filter((part) => part !== undefined).join(', ')
          return (
            <li key={name}>
              <Box variant="strong">{name}</Box>: {failureReason} {failureCode !== undefined && `(${failureCode})`}
            </li>
          )
        })}
      </ul>
      {failures.length > MAX_SHOWN && <Box>And {failures.length - MAX_SHOWN} more.</Box>}
    </Alert>
  )
}

const MAX_SHOWN = 20
