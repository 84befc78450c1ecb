import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'

interface OpenPage {
  readonly title: string
  readonly setTitle: (title: string) => void
}

const OpenPageContext = createContext<OpenPage | undefined>(undefined)

/** Holds the title of the page that is open, for what surrounds it. */
export function OpenPageProvider({ children }: { readonly children: ReactNode }) {
  const [title, setTitle] = useState('')
  const value = useMemo(() => ({ title, setTitle }), [title])
  return <OpenPageContext value={value}>{children}</OpenPageContext>
}

/** The title of the page that is open, and how a page sets it. */
export function useOpenPage(): OpenPage {
  const page = useContext(OpenPageContext)
  if (!page) throw new Error('useOpenPage is only for components within OpenPageProvider')
  return page
}
