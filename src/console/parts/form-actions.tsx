import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** The buttons beneath a form: one that leaves it, and one that submits it. */
export const FormActions = ({
  action = 'Save',
  isBusy,
  onCancel,
}: {
  readonly action?: string
  readonly isBusy: boolean
  readonly onCancel: () => void
}) => (
  <SpaceBetween direction="horizontal" size="xs">
    <Button formAction="none" variant="link" onClick={onCancel}>
      Cancel
    </Button>
    <Button variant="primary" loading={isBusy}>
      {action}
    </Button>
  </SpaceBetween>
)
