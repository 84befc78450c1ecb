import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { type FormEvent, type ReactNode, useState } from 'react'
import { FailureAlert } from './failure-alert.js'
import { prettyJson } from './json-text.js'
import { FormActions } from './form-actions.js'

/** Edits a policy as JSON. What the service refuses is shown in its words, with the text as it was typed. */
export function JsonEditor({
  title,
  description,
  label,
  text,
  isBusy,
  error,
  onSave,
  onCancel,
}: {
  readonly title: string
  readonly description?: ReactNode
  /** The name of the text field. */
  readonly label: string
  /** What is edited; the editor keeps its own copy. */
  readonly text: string
  readonly isBusy: boolean
  readonly error: unknown
  readonly onSave: (text: string) => void
  readonly onCancel: () => void
}) {
  const [edited, setEdited] = useState(() => prettyJson(text))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSave(edited)
  }
  return (
    <form onSubmit={submit}>
      <Form actions={<FormActions isBusy={isBusy} onCancel={onCancel} />}>
        <Container header={<Header description={description}>{title}</Header>}>
          <SpaceBetween size="s">
            <FormField label={label} stretch>
              <Textarea
                value={edited}
                rows={Math.min(30, Math.max(12, edited.split('\n').length + 1))}
                spellcheck={false}
                autoFocus
                nativeTextareaAttributes={{ style: MONOSPACED }}
                onChange={({ detail }) => setEdited(detail.value)}
              />
            </FormField>
            <FailureAlert error={error} />
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  )
}

const MONOSPACED = { fontFamily: 'monospace' } as const
