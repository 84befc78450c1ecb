import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import type { Registry } from '../../registry/registry.js'
import { addressIn } from './console-address.js'
import { type Session, storedSessions, storeSessions } from './sessions.js'

interface SessionsOfTab {
  readonly sessionOf: (account: string) => Session | undefined
  readonly begin: (session: Session) => void
  readonly end: (account: string) => void
  /** The accounts that this tab is signed in to. */
  readonly accounts: readonly string[]
}

const SessionsContext = createContext<SessionsOfTab | undefined>(undefined)

/** Holds the sessions of this tab for all pages. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [sessions, setSessions] = useState(storedSessions)
  const value = useMemo<SessionsOfTab>(() => {
    const keep = (changed: typeof sessions) => {
      storeSessions(changed)
      setSessions(changed)
    }
    return {
      accounts: Object.keys(sessions),
      sessionOf: (account) => sessions[account],
      begin: (session) => keep({ ...sessions, [session.account]: session }),
      end: (account) => keep(Object.fromEntries(Object.entries(sessions).filter(([of]) => of !== account))),
    }
  }, [sessions])
  return <SessionsContext value={value}>{children}</SessionsContext>
}

/** The sessions of this tab. */
export function useSessions(): SessionsOfTab {
  const sessions = useContext(SessionsContext)
  if (!sessions) throw new Error('useSessions is only for components within SessionProvider')
  return sessions
}

/** The session and the registry that the pages show. Only for pages, which exist once a person is signed in. */
export function useSession(): Session & Registry {
  const registry = addressIn(location.pathname)
  const session = useSessions().sessionOf(registry?.account ?? '')
  if (!registry || !session) throw new Error('useSession is only for the pages of a registry')
  return { ...session, ...registry }
}
