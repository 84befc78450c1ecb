import Tabs from '@cloudscape-design/components/tabs'
import type { ReactNode } from 'react'
import { useHref, useNavigate } from 'react-router'

/** A tab of a page. */
export interface AddressTab {
  /** The last part of its address. */
  readonly id: string
  readonly label: string
  /** Rendered only while the tab is open. */
  readonly content: ReactNode
}

/** Tabs of a page, each with an address of its own below `base`. */
export function AddressTabs({
  label,
  base,
  tabs,
  open,
}: {
  readonly label: string
  /** The address of the page without that of a tab. */
  readonly base: string
  readonly tabs: readonly AddressTab[]
  /** The tab that the address names; without one, or with one that does not exist, the first is open. */
  readonly open: string | undefined
}) {
  const navigate = useNavigate()
  const root = useHref(base)
  return (
    <Tabs
      ariaLabel={label}
      activeTabId={(tabs.find(({ id }) => id === open) ?? tabs[0])?.id ?? ''}
      tabs={tabs.map((tab) => ({ ...tab, href: `${root}/${tab.id}` }))}
      onChange={({ detail }) => void navigate(`${base}/${detail.activeTabId}`)}
    />
  )
}
