import Box from '@cloudscape-design/components/box'
import Cards from '@cloudscape-design/components/cards'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { WrittenStatement } from '../../registry/permissions/registry-policy-text.js'

/** The name of a statement: its id, or its place in the policy. */
export const statementName = ({ Sid: sid }: WrittenStatement, index: number): string =>
  typeof sid === 'string' && sid !== '' ? sid : `Statement ${index + 1}`

/** Why statements are not deleted: their places in the policy that was shown may be those of others now. */
export const POLICY_CHANGED =
  'The policy was changed since it was shown. Close this dialog, look at it again, and choose again.'

interface Item {
  readonly statement: WrittenStatement
  readonly index: number
}

/** The statements of a policy as cards, for the policies of a registry and of its repositories. */
export function PolicyStatements({
  statements,
  actionsOf,
  header,
  empty,
  isShown = () => true,
  selection,
}: {
  readonly statements: readonly WrittenStatement[]
  /** What one can do with a statement. */
  readonly actionsOf?: (statement: WrittenStatement, index: number) => ReactNode
  readonly header: ReactNode
  readonly empty: ReactNode
  /** Which statements are shown; all by default. */
  readonly isShown?: (statement: WrittenStatement, index: number) => boolean
  /** The places in the policy of those that are selected. */
  readonly selection?: {
    readonly selected: readonly number[]
    readonly onSelect: (indexes: readonly number[]) => void
  }
}) {
  const items = statements
    .map((statement, index): Item => ({ statement, index }))
    .filter(({ statement, index }) => isShown(statement, index))
  return (
    <Cards<Item>
      items={items}
      trackBy={({ index }) => String(index)}
      header={header}
      empty={empty}
      {...(selection && {
        selectionType: 'multi',
        selectedItems: items.filter(({ index }) => selection.selected.includes(index)),
        onSelectionChange: ({ detail }) => selection.onSelect(detail.selectedItems.map(({ index }) => index)),
        ariaLabels: {
          selectionGroupLabel: 'Selection of statements',
          itemSelectionLabel: (_, { statement, index }) => `Select ${statementName(statement, index)}`,
        },
      })}
      cardsPerRow={[{ cards: 1 }, { minWidth: 900, cards: 2 }]}
      cardDefinition={{
        header: ({ statement, index }) => (
          <SpaceBetween direction="horizontal" size="s" alignItems="center">
            <Box variant="h3" padding="n">
              {statementName(statement, index)}
            </Box>
            {actionsOf?.(statement, index)}
          </SpaceBetween>
        ),
        sections: membersIn(statements).map(({ id, header: title }) => ({
          id,
          header: title,
          content: ({ statement }: Item) => <Values values={valuesOf(statement, id)} />,
        })),
      }}
    />
  )
}

const MEMBERS = [
  { id: 'Effect', header: 'Effect' },
  { id: 'Principal', header: 'Principals' },
  { id: 'Action', header: 'Actions' },
  { id: 'Resource', header: 'Resources' },
  { id: 'Condition', header: 'Conditions' },
] as const

/** Effect, principals and actions always; of the others what a statement has. */
const membersIn = (statements: readonly WrittenStatement[]) =>
  MEMBERS.filter(
    ({ id }, index) => index < ALWAYS_SHOWN || statements.some((statement) => valuesOf(statement, id).length > 0),
  )

const ALWAYS_SHOWN = 3

/** The values of a member, of its opposite (`NotPrincipal`) too; a list or an object has a line for each. */
function valuesOf(statement: WrittenStatement, member: string): string[] {
  const lines = linesOf(statement[member])
  return [...lines, ...linesOf(statement[`Not${member}`]).map((line) => `Not ${line}`)]
}

function linesOf(value: unknown): string[] {
  if (value === undefined) return []
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(linesOf)
  if (typeof value !== 'object' || value === null) return [JSON.stringify(value)]
  return Object.entries(value).flatMap(([key, nested]) => linesOf(nested).map((line) => `${key}: ${line}`))
}

const Values = ({ values }: { readonly values: readonly string[] }) =>
  values.length === 0 ? (
    <>–</>
  ) : (
    <SpaceBetween size="xxxs">
      {values.map((value) => (
        <Box key={value}>{value}</Box>
      ))}
    </SpaceBetween>
  )
