import { type ComponentType, lazy, type LazyExoticComponent } from 'react'

/** A page of the console, or several that begin with the same address. */
export interface ConsolePage {
  /** Below `/console/<account>/<region>`. */
  readonly path: string
  /** Its name in the navigation, as in the AWS console. */
  readonly title: string
  /** Rendered for the path and all paths below it. Loaded when it is opened first. */
  readonly Element: LazyExoticComponent<ComponentType>
}

/** Pages under one heading of the navigation. */
export interface PageSection {
  readonly heading?: string
  readonly pages: readonly ConsolePage[]
}

const page = (path: string, title: string, load: () => Promise<ComponentType>): ConsolePage => ({
  path,
  title,
  Element: lazy(async () => ({ default: await load() })),
})

/** All pages, in the order of the navigation. */
export const sections: readonly PageSection[] = [
  {
    pages: [page('/', 'Dashboard', async () => (await import('../pages/dashboard/dashboard-page.js')).DashboardPage)],
  },
  {
    heading: 'Private registry',
    pages: [
      page(
        '/private-registry/summary',
        'Summary',
        async () => (await import('../pages/summary/summary-page.js')).SummaryPage,
      ),
      page(
        '/private-registry/pull-through-cache',
        'Pull through cache',
        async () => (await import('../pages/pull-through-cache/pull-through-cache-page.js')).PullThroughCachePage,
      ),
      page(
        '/private-registry/permissions',
        'Registry permissions',
        async () =>
          (await import('../pages/registry-permissions/registry-permissions-page.js')).RegistryPermissionsPage,
      ),
      page(
        '/private-registry/replication',
        'Replication',
        async () => (await import('../pages/replication/replication-page.js')).ReplicationPage,
      ),
      page(
        '/private-registry/scanning',
        'Scanning',
        async () => (await import('../pages/scanning/scanning-page.js')).ScanningPage,
      ),
      page(
        '/private-registry/creation-templates',
        'Creation templates',
        async () => (await import('../pages/creation-templates/creation-templates-page.js')).CreationTemplatesPage,
      ),
      page(
        '/private-registry/lifecycle',
        'Lifecycle',
        async () => (await import('../pages/lifecycle/lifecycle-page.js')).LifecyclePage,
      ),
      page(
        '/private-registry/settings',
        'Settings',
        async () => (await import('../pages/registry-settings/registry-settings-page.js')).RegistrySettingsPage,
      ),
    ],
  },
  {
    pages: [
      page(
        '/repositories',
        'Repositories',
        async () => (await import('../pages/repositories/repositories-page.js')).RepositoriesPage,
      ),
      page('/images', 'Images', async () => (await import('../pages/images/images-page.js')).ImagesPage),
    ],
  },
  {
    heading: 'Emulator',
    pages: [
      page('/activity', 'Activity', async () => (await import('../pages/activity/activity-page.js')).ActivityPage),
      page('/why', 'Why?', async () => (await import('../pages/why/why-page.js')).WhyPage),
      page('/clock', 'Clock', async () => (await import('../pages/clock/clock-page.js')).ClockPage),
    ],
  },
]
