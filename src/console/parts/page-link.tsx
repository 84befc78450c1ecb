import Link, { type LinkProps } from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'
import { useHref, useNavigate } from 'react-router'

/** A link to another page of the same registry. */
export function PageLink({
  to,
  children,
  ...props
}: { readonly to: string; readonly children: ReactNode } & Omit<LinkProps, 'href' | 'onFollow'>) {
  const navigate = useNavigate()
  return (
    <Link
      {...props}
      href={useHref(to)}
      onFollow={(event) => {
        event.preventDefault()
        void navigate(to)
      }}
    >
      {children}
    </Link>
  )
}
