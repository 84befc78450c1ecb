import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { Registry } from '../../registry/registry.js'
import { openRegistry } from './console-address.js'
import { useSessions } from './session-context.js'
import type { Session } from './sessions.js'
import { SignInFailure } from './sign-in-failure.js'

/** Says that a key works, but is of another account than the address names, and offers that account's registry. */
export function OtherAccount({ session, address }: { readonly session: Session; readonly address: Registry }) {
  const { begin } = useSessions()
  const [error, setError] = useState<unknown>()
  const { account, credentials } = session
  const open = () => {
    try {
      begin(session)
      openRegistry({ account, region: address.region })
    } catch (thrown) {
      setError(thrown)
    }
  }
  return (
    <>
      <SignInFailure error={error} />
      <Alert
        type="warning"
        header="This is a key of another account"
        action={
          <Button formAction="none" onClick={open}>
            Open the registry of {account}
          </Button>
        }
      >
        {credentials.accessKeyId} is a key of account {account}, and this address names the registry of{' '}
        {address.account}. Enter a key of {address.account}, or go to the other registry.
      </Alert>
    </>
  )
}
