import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'

interface Notifications {
  readonly notify: (type: FlashbarProps.Type, text: string) => void
  readonly items: readonly FlashbarProps.MessageDefinition[]
}

const NotificationsContext = createContext<Notifications | undefined>(undefined)

/** Holds what was said about changes, until it is dismissed. */
export function NotificationsProvider({ children }: { readonly children: ReactNode }) {
  const [items, setItems] = useState<readonly FlashbarProps.MessageDefinition[]>([])
  const notify = useCallback((type: FlashbarProps.Type, text: string) => {
    const id = crypto.getRandomValues(new Uint32Array(2)).join('-')
    const dismiss = () => setItems((shown) => shown.filter((item) => item.id !== id))
    const item = { id, type, content: text, dismissible: true, dismissLabel: DISMISS, onDismiss: dismiss } as const
    setItems((shown) => [item, ...shown].slice(0, MAX_SHOWN))
  }, [])
  const value = useMemo(() => ({ notify, items }), [notify, items])
  return <NotificationsContext value={value}>{children}</NotificationsContext>
}

const MAX_SHOWN = 5

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
