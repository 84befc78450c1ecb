import { useEffect, useState } from 'react'
import { DEFAULT_REGION, type Registry } from '../../registry/registry.js'
import { type Credentials, type Session, signIn } from './sessions.js'

/**
 * The session of a well-known key, if it works: `test` with the secret `test`, or the account of the address as its own
 * key. Undefined until that is known, and where it does not.
 */
export function useWellKnownKey(address: Registry | undefined): Session | undefined {
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
