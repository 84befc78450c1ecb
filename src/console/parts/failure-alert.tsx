import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import { failureOf, isOfCredentials } from '../requests/request-failure.js'
import { SignInAgain } from '../session/sign-in-again.js'
import { AdminTokenForm } from './admin-token-form.js'
import { PageLink } from './page-link.js'

/** Shows why a request was refused, in the service's words, and what to do. Nothing without an error. */
export function FailureAlert({ error, heading }: { readonly error: unknown; readonly heading?: string }) {
  if (error === null || error === undefined) return null
  const { code, message, requestId, status } = failureOf(error)
  const isAdmin = code === 'AdminRefusal'
  return (
    <Alert type="error" header={heading ?? (isAdmin || code === 'NoAnswer' ? undefined : code)}>
      <Box>{message}</Box>
      {isAdmin && status === 401 && <AdminTokenForm />}
      {isAdmin && status === 403 && (
        <Box>
          At this address these pages need a token: start ecr-local with --admin-token, or open the console at
          localhost.
        </Box>
      )}
      {isOfCredentials(error) && <SignInAgain />}
      {code === 'NoAnswer' && (
        <Box>Is it running? Look at the terminal it was started in; the page asks again by itself.</Box>
      )}
      {requestId !== undefined && code.startsWith('AccessDenied') && (
        <PageLink to={`/why/${requestId}`}>Why? See the decision and what would allow it</PageLink>
      )}
      {requestId !== undefined && <Box variant="small">Request ID: {requestId}</Box>}
    </Alert>
  )
}
