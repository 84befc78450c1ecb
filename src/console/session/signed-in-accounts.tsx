import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Registry } from '../../registry/registry.js'
import { openRegistry } from './console-address.js'
import { firstRegion } from './first-region.js'
import { useSessions } from './session-context.js'

/** The accounts that this tab is signed in to already, to go on with. Nothing if there are none. */
export function SignedInAccounts({ address }: { readonly address: Registry | undefined }) {
  const { accounts, sessionOf } = useSessions()
  if (accounts.length === 0) return null
  const open = async (account: string) =>
    openRegistry({ account, region: address?.region ?? (await firstRegion(account)) })
  return (
    <Container header={<Header variant="h2">Go on as you are signed in</Header>}>
      <SpaceBetween size="xs">
        {accounts.map((account) => (
          <Button key={account} formAction="none" onClick={() => void open(account)}>
            {`Account ${account}: ${sessionOf(account)?.arn ?? ''}`}
          </Button>
        ))}
      </SpaceBetween>
    </Container>
  )
}
