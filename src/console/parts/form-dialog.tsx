import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, type ReactNode, useId } from 'react'
import { FailureAlert } from './failure-alert.js'

/** A dialog with a few fields. Enter sends it, as the button does; a refusal is shown above the fields. */
export function FormDialog({
  title,
  action,
  isLarge = false,
  isBusy,
  error,
  onSubmit,
  onDismiss,
  children,
}: {
  readonly title: string
  /** The text of the button. */
  readonly action: string
  readonly isLarge?: boolean
  readonly isBusy: boolean
  readonly error: unknown
  readonly onSubmit: () => void
  readonly onDismiss: () => void
  readonly children: ReactNode
}) {
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <Modal
      visible
      size={isLarge ? 'large' : 'medium'}
      header={title}
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onDismiss}>
              Cancel
            </Button>
            <Button variant="primary" loading={isBusy} form={id}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id={id} onSubmit={submit}>
        <SpaceBetween size="m">
          <FailureAlert error={error} />
          {children}
        </SpaceBetween>
      </form>
    </Modal>
  )
}
