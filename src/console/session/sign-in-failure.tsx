import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import { failureOf } from '../requests/request-failure.js'

/** What to do about a refusal of the sign-in. */
const ADVICE: Readonly<Record<string, string>> = {
  InvalidClientTokenId:
    'No identity has this access key. Keys are those of the configuration file; if it names none, the key is test, or the 12 digits of an account, and the secret is test.',
  SignatureDoesNotMatch: 'The secret access key is not that of this access key ID.',
  ExpiredToken: 'Temporary credentials end after a time: get new ones, for example with aws sts assume-role.',
  NoAnswer: 'Is it running? Look at the terminal it was started in.',
}

/** Shows why the sign-in failed, in the service's words, and what to do. Nothing without an error. */
export function SignInFailure({ error }: { readonly error: unknown }) {
  if (error === undefined) return null
  const { code, message, status } = failureOf(error)
  return (
    <Alert type="error" header={status === undefined ? undefined : code}>
      <Box>{message}</Box>
      {ADVICE[code] !== undefined && <Box>{ADVICE[code]}</Box>}
    </Alert>
  )
}
