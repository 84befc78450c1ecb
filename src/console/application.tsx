import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { BrowserRouter } from 'react-router'
import { ConsoleLayout } from './layout/console-layout.js'
import { NotificationsProvider } from './layout/notifications.js'
import { OpenPageProvider } from './layout/open-page.js'
import { isWorthRetrying } from './requests/request-failure.js'
import { addressIn, basenameOf } from './session/console-address.js'
import { SessionProvider, useSessions } from './session/session-context.js'
import { SignIn } from './session/sign-in.js'

/** The console: the pages of the registry that the address names, or the form to sign in to it. */
export function Application() {
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <SessionProvider>
        <Registry />
      </SessionProvider>
    </I18nProvider>
  )
}

/**
 * The registry of this tab. Another one has another address, to which the browser goes by loading it: so nothing of
 * one registry can be shown as if it were of another.
 */
function Registry() {
  const address = addressIn(location.pathname)
  const { sessionOf } = useSessions()
  const [queries] = useState(newQueryClient)
  const session = address && sessionOf(address.account)
  if (!address || !session) return <SignIn address={address} />
  return (
    <QueryClientProvider client={queries}>
      <OpenPageProvider>
        <BrowserRouter basename={basenameOf(address)}>
          <NotificationsProvider>
            <ConsoleLayout />
          </NotificationsProvider>
        </BrowserRouter>
      </OpenPageProvider>
    </QueryClientProvider>
  )
}

/**
 * What was answered is shown at once when a page is opened again, and asked anew unless it is only seconds old. After a
 * failure that may pass, such as a store that does not answer, it is asked again until there is an answer.
 */
const newQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        refetchOnWindowFocus: 'always',
        retry: isWorthRetrying,
        refetchInterval: ({ state }) => state.error !== null && isWorthRetrying(0, state.error) && ASKED_AGAIN_MS,
      },
    },
  })

const ASKED_AGAIN_MS = 5_000
