import TopNavigation, { type TopNavigationProps } from '@cloudscape-design/components/top-navigation'
import { useState } from 'react'
import { useLocation } from 'react-router'
import { regionsOf } from '../../registry/replication/destination-regions.js'
import { basenameOf, openRegistry } from '../session/console-address.js'
import { useSession, useSessions } from '../session/session-context.js'
import { type Appearance, chooseAppearance, chosenAppearance } from './appearance.js'
import { useKnownAccounts } from './known-accounts.js'

/** The bar at the top: the account, the Region, the appearance, and who is signed in. */
export function TopBar() {
  const session = useSession()
  const { end } = useSessions()
  const { pathname } = useLocation()
  const accounts = useKnownAccounts()
  const [appearance, setAppearance] = useState(chosenAppearance)
  const choose = (chosen: Appearance) => {
    chooseAppearance(chosen)
    setAppearance(chosen)
  }
  const open = (change: { readonly account?: string; readonly region?: string }) =>
    openRegistry({ account: session.account, region: session.region, ...change }, pageInEveryRegistry(pathname))
  const regions = accounts.find(({ account }) => account === session.account)?.regions ?? []
  return (
    <TopNavigation
      identity={{ href: basenameOf(session), title: 'ecr-local' }}
      utilities={[
        menu(
          session.account,
          'Account',
          accounts.map(({ account }) => ({ id: account, text: account })),
          (account) => open({ account }),
        ),
        menu(session.region, 'Region', regionItems(regions, session.region), (region) => open({ region })),
        menu('Appearance', 'Appearance', appearanceItems(appearance), (id) => choose(id as Appearance)),
        menu(session.arn.replace(/^.*:/, ''), session.arn, [{ id: 'sign-out', text: 'Sign out' }], () => {
          end(session.account)
          location.assign('/console/')
        }),
      ]}
    />
  )
}

type Items = Extract<TopNavigationProps.Utility, { type: 'menu-dropdown' }>['items']

const menu = (text: string, title: string, items: Items, chosen: (id: string) => void): TopNavigationProps.Utility => ({
  type: 'menu-dropdown',
  text,
  title,
  ariaLabel: title === text ? title : `${title}: ${text}`,
  items,
  onItemClick: ({ detail }) => chosen(detail.id),
})

/** The Regions in which the account has something come first. */
function regionItems(used: readonly string[], current: string): Items {
  const others = regionsOf(current).filter((region) => !used.includes(region))
  const items = (regions: readonly string[]) => regions.map((region) => ({ id: region, text: region }))
  return used.length === 0
    ? items(others)
    : [
        { text: 'In use', items: items(used) },
        { text: 'Others', items: items(others) },
      ]
}

const appearanceItems = (current: Appearance): Items =>
  (['system', 'light', 'dark'] as const).map((id) => ({
    id,
    itemType: 'checkbox',
    checked: id === current,
    text: { system: 'As the system', light: 'Light', dark: 'Dark' }[id],
  }))

/** The page to open in another registry: a repository or a rule may not exist there, but its list does. */
const pageInEveryRegistry = (pathname: string) =>
  pathname
    .split('/')
    .slice(0, pathname.startsWith('/private') ? 3 : 2)
    .join('/') || '/'
