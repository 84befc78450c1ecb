import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'

/** Takes the id of a request, and opens the decision about it. */
export function RequestIdForm({ requestId = '' }: { readonly requestId?: string }) {
  const navigate = useNavigate()
  const [text, setText] = useState(requestId)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void navigate(`/why/${encodeURIComponent(text.trim())}`)
  }
  return (
    <Container>
      <form onSubmit={submit}>
        <FormField
          label="Request ID"
          description="As in the error message of an SDK or of Docker, and in the header x-amzn-requestid of every answer."
          secondaryControl={
            <Button variant="primary" formAction="submit" disabled={text.trim() === ''}>
              Explain
            </Button>
          }
        >
          <Input
            value={text}
            spellcheck={false}
            autoComplete={false}
            onChange={({ detail }) => setText(detail.value)}
          />
        </FormField>
      </form>
    </Container>
  )
}
