import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { keepAdminToken } from '../requests/admin.js'

/** Takes the token of the admin endpoints, for an emulator that was started with one. */
export function AdminTokenForm() {
  const [token, setToken] = useState('')
  const queries = useQueryClient()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    keepAdminToken(token)
    void queries.invalidateQueries()
  }
  return (
    <form onSubmit={submit}>
      <SpaceBetween direction="horizontal" size="xs" alignItems="end">
        <FormField
          label="Admin token"
          description="What ecr-local was started with as --admin-token. Kept in this tab."
        >
          <Input type="password" value={token} onChange={({ detail }) => setToken(detail.value)} />
        </FormField>
        <Button formAction="submit" disabled={token === ''}>
          Use the token
        </Button>
      </SpaceBetween>
    </form>
  )
}
