import ContentLayout from '@cloudscape-design/components/content-layout'
import Header, { type HeaderProps } from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import { useDocumentTitle } from './document-title.js'

/** A page: its title, also of the browser's tab, a sentence about it, what one can do, and its content. */
export function Page({
  title,
  description,
  actions,
  info,
  children,
}: {
  readonly title: string
  readonly description?: ReactNode
  readonly actions?: ReactNode
  readonly info?: HeaderProps['info']
  readonly children: ReactNode
}) {
  useDocumentTitle(title)
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={description} actions={actions} info={info}>
          {title}
        </Header>
      }
    >
      {children}
    </ContentLayout>
  )
}
