import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import { type Column, ResourceTable } from '../../parts/resource-table.js'

/** A picture, the table with the same figures, and what is said where there are none. */
export interface PictureProps<T> {
  /** Distinguishes its parameters in the address. */
  readonly id: string
  readonly title: string
  readonly description?: ReactNode
  readonly chart: ReactNode
  /** What is shown in place of the picture where nothing has happened. */
  readonly empty?: ReactNode
  readonly isEmpty: boolean
  /** The table's rows and columns; what a row is, in the plural, is `things`. */
  readonly things: string
  readonly items: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly keyOf: (item: T) => string
}

/** Shows figures as a picture or as a table, as chosen in the address. */
export function Picture<T>(props: PictureProps<T>) {
  const { id, title, description, chart, empty, isEmpty, things, items, columns, keyOf } = props
  const { isTable, toggle } = useTableParameter(id)
  const action = isTable ? 'Show chart' : 'Show table'
  const button = (
    <Button ariaLabel={`${action}: ${title}`} onClick={toggle} iconName={isTable ? 'view-vertical' : 'view-full'}>
      {action}
    </Button>
  )
  if (isTable)
    return (
      <ResourceTable
        title={title}
        description={description}
        actions={button}
        things={things}
        items={items}
        columns={columns}
        keyOf={keyOf}
        empty={empty}
        name={`${id}-`}
        pageSize={ROWS}
      />
    )
  return (
    <Container
      fitHeight
      header={
        <Header variant="h2" description={description} actions={button}>
          {title}
        </Header>
      }
    >
      {isEmpty ? <Box color="text-body-secondary">{empty}</Box> : chart}
    </Container>
  )
}

const ROWS = 10

/** The ids of the pictures that are shown as tables: the parameter `table` of the address, once for each. */
export const tablesIn = (parameters: URLSearchParams): readonly string[] => parameters.getAll('table')

function useTableParameter(id: string) {
  const [parameters, setParameters] = useSearchParams()
  const shown = tablesIn(parameters)
  const isTable = shown.includes(id)
  const toggle = () => {
    const after = new URLSearchParams(parameters)
    after.delete('table')
    const tables = isTable ? shown.filter((one) => one !== id) : [...shown, id]
    tables.forEach((one) => after.append('table', one))
    if (isTable) for (const key of ['q', 'page']) after.delete(`${id}-${key}`)
    setParameters(after, { replace: true })
  }
  return { isTable, toggle }
}
