import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, type ReactNode, useId } from 'react'
import { FailureAlert } from './failure-alert.js'

/** A dialog with fields or a question. Enter sends it, as the button does; a refusal is shown above the fields. */
export function FormDialog({
  title,
  action,
  isLarge = false,
  isDisabled = false,
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
  /** Whether it cannot be sent yet: neither by the button nor by Enter. */
  readonly isDisabled?: boolean
  readonly isBusy: boolean
  readonly error: unknown
  readonly onSubmit: () => void
  readonly onDismiss: () => void
  readonly children: ReactNode
}) {
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // React passes events of a dialog on to the form of the page that opened it.
    event.stopPropagation()
    if (!isBusy) onSubmit()
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
            <Button variant="primary" loading={isBusy} disabled={isDisabled} form={id}>
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
