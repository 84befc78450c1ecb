import AppLayout from '@cloudscape-design/components/app-layout'
import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation'
import Spinner from '@cloudscape-design/components/spinner'
import Box from '@cloudscape-design/components/box'
import { Suspense, useState } from 'react'
import { Route, Routes, useHref, useLocation, useNavigate } from 'react-router'
import { UnknownPage } from '../parts/unknown-page.js'
import { Breadcrumbs } from './breadcrumbs.js'
import { NotificationBar } from './notifications.js'
import { sections } from './console-pages.js'
import { TopBar } from './top-bar.js'

const pages = sections.flatMap((section) => section.pages)

/** What surrounds every page: the bar at the top, the navigation, the breadcrumbs and the notifications. */
export function ConsoleLayout() {
  const [isNavigationOpen, setNavigationOpen] = useState(() => matchMedia('(min-width: 900px)').matches)
  return (
    <>
      <div id="top-bar">
        <TopBar />
      </div>
      <AppLayout
        headerSelector="#top-bar"
        navigation={<Navigation />}
        navigationOpen={isNavigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        toolsHide
        breadcrumbs={<Breadcrumbs />}
        notifications={<NotificationBar />}
        content={<Pages />}
      />
    </>
  )
}

const Pages = () => (
  <Suspense fallback={<Loading />}>
    <Routes>
      {pages.map(({ path, Element }) => (
        <Route key={path} path={path === '/' ? path : `${path}/*`} element={<Element />} />
      ))}
      <Route path="*" element={<UnknownPage />} />
    </Routes>
  </Suspense>
)

const Loading = () => (
  <Box textAlign="center" padding="xxl">
    <Spinner size="large" /> Loading the page
  </Box>
)

function Navigation() {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const root = useHref('/').replace(/\/$/, '')
  const link = ({ path, title }: (typeof pages)[number]) =>
    ({ type: 'link', text: title, href: `${root}${path}` }) as const
  const items = sections.flatMap(({ heading, pages }): SideNavigationProps.Item[] =>
    heading === undefined ? pages.map(link) : [{ type: 'section', text: heading, items: pages.map(link) }],
  )
  const active = pages.find(({ path }) => path !== '/' && (pathname === path || pathname.startsWith(`${path}/`)))
  return (
    <SideNavigation
      header={{ text: 'Elastic Container Registry', href: `${root}/` }}
      activeHref={`${root}${active?.path ?? '/'}`}
      items={items}
      onFollow={(event) => {
        if (event.detail.external === true) return
        event.preventDefault()
        void navigate(event.detail.href.slice(root.length))
      }}
    />
  )
}
