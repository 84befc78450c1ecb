import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { AddressTabs } from '../../parts/address-tabs.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { PageButton } from '../../parts/page-button.js'
import { Page } from '../../parts/page.js'
import { DeleteStatements } from './delete-statements.js'
import { PolicyJson } from './policy-json.js'
import { Statements } from './statements.js'
import { PERMISSIONS_PATH, useRegistryPolicy } from './use-registry-policy.js'

/** The policy of the registry, as statements or as JSON. */
export function PermissionsPage({ open }: { readonly open: 'statements' | 'json' }) {
  const { data, error } = useRegistryPolicy()
  const [isDeletingAll, setDeletingAll] = useState(false)
  const all = data?.statements.map((_, index) => index) ?? []
  return (
    <Page
      title="Registry permissions"
      description="Who may use this registry beyond their IAM policies: pull through its cache, replicate to it, or pull from another account."
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={all.length === 0} onClick={() => setDeletingAll(true)}>
            Delete all
          </Button>
          <PageButton to={`${PERMISSIONS_PATH}/edit`}>Edit JSON</PageButton>
          <PageButton variant="primary" to={`${PERMISSIONS_PATH}/generate`}>
            Generate statement
          </PageButton>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="m">
        <FailureAlert error={error} />
        {!error && (
          <AddressTabs
            label="Registry policy"
            base={PERMISSIONS_PATH}
            open={open}
            tabs={[
              { id: 'statements', label: 'Statements', content: <Statements permissions={data} /> },
              { id: 'json', label: 'JSON', content: <PolicyJson permissions={data} /> },
            ]}
          />
        )}
        {isDeletingAll && data && (
          <DeleteStatements permissions={data} indexes={all} onClose={() => setDeletingAll(false)} />
        )}
      </SpaceBetween>
    </Page>
  )
}
