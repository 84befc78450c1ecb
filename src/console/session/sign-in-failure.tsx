import Alert from '@cloudscape-design/components/alert'
import { failureOf } from '../requests/request-failure.js'

/** Shows why the sign-in failed, in the service's words. */
export function SignInFailure({ error }: { readonly error: unknown }) {
  if (error === undefined) return null
  const { code, message } = failureOf(error)
  return (
    <Alert type="error" header={code === 'NoAnswer' ? undefined : code}>
      {message}
    </Alert>
  )
}
