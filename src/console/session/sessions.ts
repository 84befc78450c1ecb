import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { keepItem, keptItem } from './tab-storage.js'

/** The credentials of a person, as AWS issues them. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A person who is signed in to an account. */
export interface Session {
  readonly credentials: Credentials
  readonly account: string
  /** ARN of the identity whose credentials these are. */
  readonly arn: string
}

/** The sessions of a tab, by account. */
export type Sessions = Readonly<Record<string, Session>>

const KEY = 'ecr-local sessions'

/** The sessions of this tab. They end with it, because the browser forgets its session storage. */
export function storedSessions(): Sessions {
  try {
    return { ...(JSON.parse(keptItem('session', KEY) ?? '{}') as Sessions) }
  } catch {
    return {}
  }
}

/** Keeps the sessions of this tab, so that they survive a reload. Throws if the browser does not. */
export function storeSessions(sessions: Sessions): void {
  if (!keepItem('session', KEY, JSON.stringify(sessions))) throw new Error(NOT_KEPT)
}

const NOT_KEPT =
  'The browser does not keep the session, because storage is blocked for this site or full: allow this site to store data, then sign in again'

/** Asks whose credentials these are, which needs no permission. Throws what the service answers. */
export async function signIn(credentials: Credentials, region: string): Promise<Session> {
  const sts = new STSClient({ region, endpoint: location.origin, credentials, maxAttempts: 1 })
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}))
  return { credentials, account, arn }
}
