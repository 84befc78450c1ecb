import { useEffect } from 'react'

/** Names the browser's tab, on pages whose heading is not that of `Page`: the steps of a wizard have their own. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} | ecr-local`
  }, [title])
}
