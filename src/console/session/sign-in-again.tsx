import Button from '@cloudscape-design/components/button'
import { useSession, useSessions } from './session-context.js'

/** Ends a session whose credentials the service no longer accepts, so that this address asks for others. */
export function SignInAgain() {
  const { account } = useSession()
  const { end } = useSessions()
  return <Button onClick={() => end(account)}>Sign in again</Button>
}
