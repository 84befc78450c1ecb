import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { JsonText } from '../../parts/json-text.js'
import type { RegistryPermissions } from './use-registry-policy.js'

/** The policy as JSON, indented. */
export const PolicyJson = ({ permissions }: { readonly permissions: RegistryPermissions | undefined }) => (
  <Container header={<Header variant="h2">Registry policy</Header>}>
    {permissions?.policyText === undefined ? (
      <Box>{permissions ? 'This registry has no policy' : 'Loading the policy'}</Box>
    ) : (
      <JsonText text={permissions.policyText} label="Registry policy" />
    )}
  </Container>
)
