import { useCollection } from '@cloudscape-design/collection-hooks'
import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import { type ReactNode, useEffect } from 'react'
import { useSearchParams } from 'react-router'
import { FailureAlert } from './failure-alert.js'
import { currentParameters, withParameter } from './use-parameter.js'

/** A column: `text` is what is searched and sorted by, and shown unless there is a cell. */
export interface Column<T> {
  readonly id: string
  readonly header: string
  readonly text: (item: T) => string | number | undefined
  readonly cell?: (item: T) => ReactNode
  readonly isRowHeader?: boolean
  readonly minWidth?: number
}

/** What a table of resources shows. */
interface ResourceTableProps<T> {
  readonly title: string
  /** What one item is, in the plural: `rules`. Names the filter and the empty table. */
  readonly things: string
  readonly items: readonly T[] | undefined
  readonly error?: unknown
  readonly columns: readonly Column<T>[]
  /** Identifies an item. */
  readonly keyOf: (item: T) => string
  readonly description?: ReactNode
  readonly actions?: ReactNode
  /** What to do where there are none. */
  readonly empty?: ReactNode
  readonly selection?: {
    readonly type: 'single' | 'multi'
    readonly selected: readonly T[]
    readonly onSelect: (items: readonly T[]) => void
  }
  /** Distinguishes the parameters of several tables on one page in its address. */
  readonly name?: string
  readonly pageSize?: number
  readonly variant?: TableProps['variant']
}

/**
 * A table that is searched, sorted and paged, as all lists of the console are. The search text and the page are
 * parameters of the address.
 */
export function ResourceTable<T>(props: ResourceTableProps<T>) {
  const { title, things, items, error, columns, keyOf, description, actions, selection, variant = 'container' } = props
  const { collection, filter, pagination, shown, total } = useTable(props)
  return (
    <SpaceBetween size="s">
      <FailureAlert error={error} />
      <Table<T>
        {...collection}
        items={shown}
        variant={variant}
        loading={items === undefined && !error}
        loadingText={`Loading ${things}`}
        columnDefinitions={columns.map(definitionOf)}
        trackBy={keyOf}
        wrapLines
        header={
          <Header counter={items && `(${total})`} description={description} actions={actions}>
            {title}
          </Header>
        }
        filter={filter}
        pagination={pagination}
        {...(selection && {
          selectionType: selection.type,
          selectedItems: [...selection.selected],
          onSelectionChange: ({ detail }) => selection.onSelect(detail.selectedItems),
          ariaLabels: {
            selectionGroupLabel: `Selection of ${things}`,
            allItemsSelectionLabel: () => `Select all ${things}`,
            itemSelectionLabel: (_, item) => `Select ${keyOf(item)}`,
          },
        })}
      />
    </SpaceBetween>
  )
}

function definitionOf<T>({ id, header, text, cell, isRowHeader, minWidth }: Column<T>): TableProps.ColumnDefinition<T> {
  const compare = (a: T, b: T) => compareValues(text(a), text(b))
  return {
    id,
    header,
    sortingComparator: compare,
    cell: cell ?? ((item) => text(item) ?? '–'),
    ...(isRowHeader && { isRowHeader }),
    ...(minWidth !== undefined && { minWidth }),
  }
}

/** Numbers by size, text by the alphabet with numbers in it by size; what is missing comes first. */
const compareValues = (a: string | number = '', b: string | number = '') =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true })

const PAGE_SIZE = 20

function useTable<T>(props: ResourceTableProps<T>) {
  const { things, items = [], columns, empty, name = '', pageSize = PAGE_SIZE } = props
  const [parameters, setParameters] = useSearchParams()
  const [textKey, pageKey] = [`${name}q`, `${name}page`]
  const isFound = (item: T, text: string) =>
    columns.some((column) =>
      String(column.text(item) ?? '')
        .toLowerCase()
        .includes(text.toLowerCase()),
    )
  // After a refusal it is not known whether there are any.
  const nothing = props.items ? <Nothing text={`No ${things}`}>{empty}</Nothing> : <Nothing text="Not known" />
  const table = useCollection(items, {
    filtering: {
      filteringFunction: isFound,
      defaultFilteringText: parameters.get(textKey) ?? '',
      empty: nothing,
      noMatch: <Nothing text={`No ${things} match`} />,
    },
    pagination: { pageSize, defaultPage: Number(parameters.get(pageKey) ?? 1) },
    sorting: {},
  })
  const { filteringText } = table.filterProps
  const { currentPageIndex } = table.paginationProps
  useEffect(() => {
    const page = currentPageIndex > 1 ? String(currentPageIndex) : ''
    const before = currentParameters()
    const after = withParameter(withParameter(before, textKey, filteringText), pageKey, page)
    if (after.toString() !== before.toString()) setParameters(after, { replace: true })
  }, [filteringText, currentPageIndex, textKey, pageKey, parameters, setParameters])
  return {
    collection: table.collectionProps,
    shown: table.items,
    total: items.length,
    filter: (
      <TextFilter
        {...table.filterProps}
        filteringPlaceholder={`Find ${things}`}
        filteringAriaLabel={`Find ${things}`}
        countText={`${table.filteredItemsCount ?? 0} found`}
      />
    ),
    pagination: <Pagination {...table.paginationProps} />,
  }
}

const Nothing = ({ text, children }: { readonly text: string; readonly children?: ReactNode }) => (
  <Box textAlign="center" padding="m">
    <SpaceBetween size="s">
      <Box variant="strong">{text}</Box>
      {children}
    </SpaceBetween>
  </Box>
)
