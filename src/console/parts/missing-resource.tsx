import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import type { ReactNode } from 'react'
import { failureOf } from '../requests/request-failure.js'
import { PageLink } from './page-link.js'

/** Whether a refusal says that what the address names does not exist. */
export const isMissing = (error: unknown): boolean =>
  ['ImageNotFoundException', 'PullThroughCacheRuleNotFoundException', 'RepositoryNotFoundException'].includes(
    failureOf(error).code,
  )

/** Says that what the address names is not there, why that can be, and where to go on. */
export const MissingResource = ({
  thing,
  error,
  to,
  children,
}: {
  /** For example `image`. */
  readonly thing: string
  readonly error: unknown
  /** Where to go on, which the children say. */
  readonly to: string
  readonly children: ReactNode
}) => (
  <Alert type="warning" header={`This ${thing} does not exist`}>
    <Box>It was deleted, perhaps in another tab, or the address has a mistake. The service says:</Box>
    <Box>{failureOf(error).message}</Box>
    <PageLink to={to}>{children}</PageLink>
  </Alert>
)
