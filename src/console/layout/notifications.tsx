import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { useLocation } from 'react-router'

interface Notifications {
  readonly notify: (type: FlashbarProps.Type, text: string) => void
  readonly items: readonly Notification[]
}

/** What is shown, and how often another page has been opened since it was said. */
interface Notification extends FlashbarProps.MessageDefinition {
  readonly pagesOpened: number
}

const NotificationsContext = createContext<Notifications | undefined>(undefined)

/**
 * Holds what was said about changes until it is dismissed, or until the person goes on: a form leads to another page
 * when it is saved, which shows the notification; the page after that does not.
 */
export function NotificationsProvider({ children }: { readonly children: ReactNode }) {
  const [items, setItems] = useState<readonly Notification[]>([])
  const notify = useCallback((type: FlashbarProps.Type, text: string) => {
    const id = crypto.getRandomValues(new Uint32Array(2)).join('-')
    const dismiss = () => setItems((shown) => shown.filter((item) => item.id !== id))
    const cross = { dismissible: true, dismissLabel: DISMISS, onDismiss: dismiss }
    setItems((shown) => [{ id, type, content: text, pagesOpened: 0, ...cross }, ...shown].slice(0, MAX_SHOWN))
  }, [])
  const { pathname } = useLocation()
  const [openPage, setOpenPage] = useState(pathname)
  if (openPage !== pathname) {
    setOpenPage(pathname)
    setItems(afterOpeningAnother)
  }
  const value = useMemo(() => ({ notify, items }), [notify, items])
  return <NotificationsContext value={value}>{children}</NotificationsContext>
}

const MAX_SHOWN = 5

const afterOpeningAnother = (shown: readonly Notification[]) =>
  shown.filter((item) => item.pagesOpened === 0).map((item) => ({ ...item, pagesOpened: 1 }))

/** The name of the button with a cross. */
const DISMISS = 'Dismiss the notification'

/** Says what was done, at the top of whatever page is open. */
export function useNotifications(): Notifications {
  const notifications = useContext(NotificationsContext)
  if (!notifications) throw new Error('useNotifications is only for components within NotificationsProvider')
  return notifications
}

/** The notifications, in the layout. */
export const NotificationBar = () => <Flashbar items={useNotifications().items} stackItems />
