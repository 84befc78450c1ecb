import Link from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'
import type { Registry } from '../../registry/registry.js'
import { basenameOf } from '../session/console-address.js'
import { useSession } from '../session/session-context.js'
import { PageLink } from './page-link.js'

/** A link to a page of a registry that may be another one than the page's own. */
export function RegistryLink({
  registry,
  to,
  children,
}: {
  readonly registry: Registry
  readonly to: string
  readonly children: ReactNode
}) {
  const { account, region } = useSession()
  if (registry.account === account && registry.region === region) return <PageLink to={to}>{children}</PageLink>
  return <Link href={`${basenameOf(registry)}${to}`}>{children}</Link>
}

/** An image as it was pulled: by its tag or by its digest. */
export const imageName = ({ repository, reference }: { readonly repository: string; readonly reference: string }) =>
  `${repository}${reference.includes(':') ? '@' : ':'}${reference}`
