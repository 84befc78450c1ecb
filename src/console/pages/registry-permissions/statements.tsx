import Alert from '@cloudscape-design/components/alert'
import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { namesPrefix, type WrittenStatement } from '../../../registry/permissions/registry-policy-text.js'
import { PageButton } from '../../parts/page-button.js'
import { PolicyStatements } from '../../parts/policy-statements.js'
import { useSession } from '../../session/session-context.js'
import { DeleteStatements } from './delete-statements.js'
import { PERMISSIONS_PATH, type RegistryPermissions } from './use-registry-policy.js'
import { useParameters } from '../../parts/use-parameter.js'

/** The statements as cards. The address may name namespaces, then those are shown that name one of them. */
export function Statements({ permissions }: { readonly permissions: RegistryPermissions | undefined }) {
  const [namespaces, showAll] = useParameters('namespace')
  const registry = useSession()
  const [chosen, choose] = useState<readonly number[]>([])
  const [isDeleting, setDeleting] = useState(false)
  const named = (statement: WrittenStatement) => namespaces.filter((prefix) => namesPrefix(statement, registry, prefix))
  const isShown = (statement: WrittenStatement) => namespaces.length === 0 || named(statement).length > 0
  const statements = permissions?.statements ?? []
  const shown = statements.filter(isShown)
  const selected = chosen.filter((index) => {
    const statement = statements[index]
    return statement !== undefined && isShown(statement)
  })
  return (
    <SpaceBetween size="m">
      {namespaces.length > 0 && (
        <Alert type="info" action={<Button onClick={showAll}>Show all statements</Button>}>
          Statements that name {namespaces.join(', ')}: {shown.length} of {statements.length}
        </Alert>
      )}
      <PolicyStatements
        statements={statements}
        isShown={isShown}
        selection={{ selected, onSelect: choose }}
        actionsOf={(statement) =>
          named(statement).map((prefix) => (
            <Badge key={prefix} color="blue">
              Names {prefix}
            </Badge>
          ))
        }
        header={
          <Header
            counter={permissions && `(${shown.length})`}
            actions={
              <Button disabled={selected.length === 0} onClick={() => setDeleting(true)}>
                {selected.length > 1 ? `Delete ${selected.length} statements` : 'Delete statement'}
              </Button>
            }
          >
            Statements
          </Header>
        }
        empty={permissions ? <NoStatements isFiltered={namespaces.length > 0} /> : 'Loading the policy'}
      />
      {isDeleting && permissions && (
        <DeleteStatements
          permissions={permissions}
          indexes={selected}
          onClose={() => {
            setDeleting(false)
            choose([])
          }}
        />
      )}
    </SpaceBetween>
  )
}

const NoStatements = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Box variant="strong">No statement names this namespace</Box>
  ) : (
    <SpaceBetween size="s" alignItems="center">
      <Box variant="strong">No statements</Box>
      <Box>Without a policy the IAM policies of this account alone decide, and other accounts have no access.</Box>
      <PageButton to={`${PERMISSIONS_PATH}/generate`}>Generate statement</PageButton>
    </SpaceBetween>
  )
