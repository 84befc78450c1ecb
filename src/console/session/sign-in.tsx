import AppLayout from '@cloudscape-design/components/app-layout'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, useEffect, useState } from 'react'
import { DEFAULT_REGION, type Registry } from '../../registry/registry.js'
import { SignInFailure } from './sign-in-failure.js'
import { openRegistry } from './console-address.js'
import { useSessions } from './session-context.js'
import { type Credentials, type Session, signIn } from './sessions.js'

const EMPTY = { accessKeyId: '', secretAccessKey: '', sessionToken: '' }

/**
 * The form to sign in with an access key, before the page that the address names. Where a well-known key works, as with
 * the default account, one button does it.
 */
export function SignIn({ address }: { readonly address: Registry | undefined }) {
  const [credentials, setCredentials] = useState(EMPTY)
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const wellKnown = useWellKnown(address)
  const { begin } = useSessions()

  const enter = async (session: Promise<Session>) => {
    setBusy(true)
    setError(undefined)
    try {
      const signedIn = await session
      begin(signedIn)
      if (signedIn.account !== address?.account)
        openRegistry({ account: signedIn.account, region: address?.region ?? DEFAULT_REGION })
    } catch (thrown) {
      setError(thrown)
      setBusy(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { sessionToken, ...key } = credentials
    void enter(signIn(sessionToken === '' ? key : { ...key, sessionToken }, address?.region ?? DEFAULT_REGION))
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
              <SpaceBetween direction="horizontal" size="xs">
                {wellKnown && (
                  <Button formAction="none" disabled={isBusy} onClick={() => void enter(Promise.resolve(wellKnown))}>
                    Use {wellKnown.credentials.accessKeyId}/{wellKnown.credentials.secretAccessKey}
                  </Button>
                )}
                <Button variant="primary" loading={isBusy}>
                  Sign in
                </Button>
              </SpaceBetween>
            }
          >
            <SpaceBetween size="m">
              <SignInFailure error={error} />
              <Container header={<Header description={whose(address)}>Access key</Header>}>
                <CredentialFields value={credentials} onChange={setCredentials} />
              </Container>
            </SpaceBetween>
          </Form>
        </form>
      }
    />
  )
}

const whose = (address: Registry | undefined) =>
  address
    ? `Of account ${address.account}, whose registry in ${address.region} this address names.`
    : 'As the AWS CLI uses it. It is kept in this tab, and sent only to this ecr-local as signatures.'

function CredentialFields({
  value,
  onChange,
}: {
  readonly value: typeof EMPTY
  readonly onChange: (value: typeof EMPTY) => void
}) {
  const field = (member: keyof typeof EMPTY, label: string, isSecret: boolean) => (
    <FormField label={label}>
      <Input
        value={value[member]}
        type={isSecret ? 'password' : 'text'}
        autoComplete={false}
        spellcheck={false}
        onChange={({ detail }) => onChange({ ...value, [member]: detail.value.trim() })}
      />
    </FormField>
  )
  return (
    <SpaceBetween size="s">
      {field('accessKeyId', 'Access key ID', false)}
      {field('secretAccessKey', 'Secret access key', true)}
      {field('sessionToken', 'Session token (optional)', true)}
    </SpaceBetween>
  )
}

/**
 * The session of a well-known key, if it works: `test` with the secret `test`, or with relaxed authentication the
 * account of the address as its own key.
 */
function useWellKnown(address: Registry | undefined): Session | undefined {
  const [session, setSession] = useState<Session>()
  const { account, region = DEFAULT_REGION } = address ?? {}
  useEffect(() => {
    void workingSession(account, region).then(setSession)
  }, [account, region])
  return session
}

async function workingSession(account: string | undefined, region: string): Promise<Session | undefined> {
  const keys: Credentials[] = ['test', account]
    .filter((accessKeyId) => accessKeyId !== undefined)
    .map((accessKeyId) => ({ accessKeyId, secretAccessKey: 'test' }))
  for (const key of keys) {
    const session = await signIn(key, region).catch(() => undefined)
    if (session && (account === undefined || session.account === account)) return session
  }
  return undefined
}
