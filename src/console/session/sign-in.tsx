import AppLayout from '@cloudscape-design/components/app-layout'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useEffect, useState } from 'react'
import { DEFAULT_REGION, type Registry } from '../../registry/registry.js'
import { openRegistry } from './console-address.js'
import { CredentialFields } from './credential-fields.js'
import { firstRegion } from './first-region.js'
import { OtherAccount } from './other-account.js'
import { useSessions } from './session-context.js'
import { type Session, signIn } from './sessions.js'
import { SignInFailure } from './sign-in-failure.js'
import { SignedInAccounts } from './signed-in-accounts.js'
import { useWellKnownKey } from './well-known-key.js'

const EMPTY = { accessKeyId: '', secretAccessKey: '', sessionToken: '' }

/**
 * The form to sign in with an access key, before the page that the address names. Where a well-known key works, as with
 * the default account, one button does it.
 */
export function SignIn({ address }: { readonly address: Registry | undefined }) {
  const [credentials, setCredentials] = useState(EMPTY)
  const [isTried, setTried] = useState(false)
  const wellKnown = useWellKnownKey(address)
  const { enter, isBusy, error, other } = useEntry(address)
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (accessKeyId === '' || secretAccessKey === '') return
    const key = { accessKeyId, secretAccessKey, ...(sessionToken !== '' && { sessionToken }) }
    void enter(signIn(key, address?.region ?? DEFAULT_REGION))
  }

  useEffect(() => {
    document.title = 'Sign in | ecr-local'
  }, [])

  return (
    <AppLayout
      navigationHide
      toolsHide
      maxContentWidth={560}
      content={
        <form onSubmit={submit}>
          <Form
            header={<Header variant="h1">Sign in to ecr-local</Header>}
            actions={
              <Button variant={wellKnown ? 'normal' : 'primary'} loading={isBusy}>
                Sign in
              </Button>
            }
          >
            <SpaceBetween size="m">
              <SignInFailure error={error} />
              {other && address && <OtherAccount session={other} address={address} />}
              <SignedInAccounts address={address} />
              {wellKnown && (
                <WellKnownKey
                  session={wellKnown}
                  isBusy={isBusy}
                  onUse={() => void enter(Promise.resolve(wellKnown))}
                />
              )}
              <Container header={<Header description={whose(address)}>Access key</Header>}>
                <CredentialFields value={credentials} isTried={isTried} onChange={setCredentials} />
              </Container>
            </SpaceBetween>
          </Form>
        </form>
      }
    />
  )
}

const whose = (address: Registry | undefined) =>
  `${address ? `Of account ${address.account}, whose registry in ${address.region} this address names.` : 'As the AWS CLI uses it.'} It is kept in this tab until it is closed, and used only to sign what is sent to this ecr-local.`

/** Begins sessions. One of another account than the address names is not begun; the form says so. */
function useEntry(address: Registry | undefined) {
  const [error, setError] = useState<unknown>()
  const [other, setOther] = useState<Session>()
  const [isBusy, setBusy] = useState(false)
  const { begin } = useSessions()
  const enter = async (session: Promise<Session>) => {
    setBusy(true)
    setError(undefined)
    setOther(undefined)
    try {
      const signedIn = await session
      if (address && signedIn.account !== address.account) {
        setOther(signedIn)
        setBusy(false)
        return
      }
      begin(signedIn)
      if (!address) openRegistry({ account: signedIn.account, region: await firstRegion(signedIn.account) })
    } catch (thrown) {
      setError(thrown)
      setBusy(false)
    }
  }
  return { enter, isBusy, error, other }
}

/** Offers a key that is known to work. */
const WellKnownKey = ({
  session: { account, credentials },
  isBusy,
  onUse,
}: {
  readonly session: Session
  readonly isBusy: boolean
  readonly onUse: () => void
}) => (
  <Container>
    <SpaceBetween size="s">
      <Box>
        This ecr-local accepts the access key <Box variant="code">{credentials.accessKeyId}</Box> with the secret{' '}
        <Box variant="code">{credentials.secretAccessKey}</Box> for account {account}.
      </Box>
      <Button variant="primary" formAction="none" disabled={isBusy} onClick={onUse}>
        Use {credentials.accessKeyId}/{credentials.secretAccessKey}
      </Button>
    </SpaceBetween>
  </Container>
)
