import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import { useHref, useLocation, useNavigate } from 'react-router'
import { sections } from './console-pages.js'

/** Where the open page is: its section, the page, and what of it is open. */
export function Breadcrumbs() {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const root = useHref('/').replace(/\/$/, '')
  return (
    <BreadcrumbGroup
      items={crumbsOf(pathname).map(({ text, path }) => ({ text, href: `${root}${path}` }))}
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

function crumbsOf(pathname: string): Crumb[] {
  const home = { text: 'Elastic Container Registry', path: '/' }
  for (const { heading, pages } of sections)
    for (const { path, title } of pages) {
      if (path === '/' || (pathname !== path && !pathname.startsWith(`${path}/`))) continue
      const below = pathname
        .slice(path.length + 1)
        .split('/')
        .filter(Boolean)
      const parts = below.map((part, index) => ({
        text: decodeURIComponent(part),
        path: `${path}/${below.slice(0, index + 1).join('/')}`,
      }))
      return [home, ...(heading === undefined ? [] : [{ text: heading, path }]), { text: title, path }, ...parts]
    }
  return [home]
}
