import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import { useHref, useLocation, useNavigate } from 'react-router'
import { sections } from './console-pages.js'
import { useOpenPage } from './open-page.js'

/** Where the open page is: its section, the page, and what of it is open. */
export function Breadcrumbs() {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const { title } = useOpenPage()
  const root = useHref('/').replace(/\/$/, '')
  return (
    <BreadcrumbGroup
      items={crumbsOf(pathname, title).map(({ text, path }) => ({ text, href: `${root}${path}` }))}
      onFollow={(event) => {
        event.preventDefault()
        void navigate(event.detail.href.slice(root.length))
      }}
    />
  )
}

interface Crumb {
  readonly text: string
  readonly path: string
}

/** A page below another, such as a rule, has the title that it gives itself. */
function crumbsOf(pathname: string, openTitle: string): Crumb[] {
  const home = { text: 'Elastic Container Registry', path: '/' }
  for (const { heading, pages } of sections)
    for (const { path, title } of pages) {
      if (path === '/' || (pathname !== path && !pathname.startsWith(`${path}/`))) continue
      const section = heading === undefined ? [] : [{ text: heading, path: pages[0]?.path ?? path }]
      const below = pathname.length > path.length + 1 ? [{ text: openTitle, path: pathname }] : []
      return [home, ...section, { text: title, path }, ...below]
    }
  return [home]
}
