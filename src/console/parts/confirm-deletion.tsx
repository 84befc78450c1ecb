import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { type ReactNode, useState } from 'react'
import { FormDialog } from './form-dialog.js'

/** What a dialog that confirms a deletion shows and does. */
interface ConfirmDeletionProps {
  /** The title, for example `Delete 2 repositories`. */
  readonly title: string
  /** The names of everything that will be removed. */
  readonly names: readonly string[]
  /** What follows from it, in a sentence. */
  readonly consequence: ReactNode
  /** What has to be typed: `delete`, where the AWS console asks for that. Without it a click is enough. */
  readonly typed?: string
  readonly action?: string
  readonly isBusy: boolean
  readonly error: unknown
  readonly onConfirm: () => void
  readonly onDismiss: () => void
  readonly children?: ReactNode
}

/** Asks before anything is removed: names what, says what follows, and where AWS does, asks to type a word. */
export function ConfirmDeletion(props: ConfirmDeletionProps) {
  const { title, names, consequence, typed, action = 'Delete', isBusy, error, onConfirm, onDismiss, children } = props
  const [text, setText] = useState('')
  return (
    <FormDialog
      title={title}
      action={action}
      isDisabled={typed !== undefined && text !== typed}
      isBusy={isBusy}
      error={error}
      onSubmit={onConfirm}
      onDismiss={onDismiss}
    >
      <ul>
        {names.map((name) => (
          <li key={name}>
            <Box variant="strong">{name}</Box>
          </li>
        ))}
      </ul>
      <Alert type="warning">{consequence}</Alert>
      {children}
      {typed !== undefined && (
        <FormField label={`To confirm, type ${typed}`}>
          <Input value={text} placeholder={typed} onChange={({ detail }) => setText(detail.value)} />
        </FormField>
      )}
    </FormDialog>
  )
}
