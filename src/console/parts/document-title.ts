import { useEffect } from 'react'
import { useOpenPage } from '../layout/open-page.js'

/** Names the browser's tab and the last breadcrumb after the page that is open. */
export function useDocumentTitle(title: string): void {
  const { setTitle } = useOpenPage()
  useEffect(() => {
    document.title = `${title} | ecr-local`
    setTitle(title)
  }, [title, setTitle])
}
