import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { SECRET_PREFIX } from '../../../registry/cache-rules/upstream-services.js'
import { CommandLine } from '../../parts/command-line.js'
import { CopyableJson } from '../../parts/copyable-json.js'
import { useSession } from '../../session/session-context.js'

/** Where this emulator finds the secret with this ARN, as far as it is typed, ready to be copied. */
export function SecretHelp({ arn }: { readonly arn: string }) {
  const { account, region } = useSession()
  const prefix = `arn:aws:secretsmanager:${region}:${account}:secret:${SECRET_PREFIX}`
  const name = arn.startsWith(prefix) ? arn.slice(prefix.length) : ''
  const secretName = `${SECRET_PREFIX}${name === '' ? 'my-upstream' : name}`
  const content = { username: 'your user name', accessToken: 'your access token' }
  const configuration = { accounts: { [account]: { secrets: { [secretName]: content } } } }
  const command = `aws secretsmanager create-secret --region ${region} --name ${secretName} --secret-string '${JSON.stringify(content)}'`
  return (
    <ExpandableSection headerText="Where secrets of this emulator come from">
      <SpaceBetween size="s">
        <Box>
          In ecr-local.json, in the directory where ecr-local is started; a change takes effect after a restart:
        </Box>
        <CopyableJson name="the configuration" value={configuration} />
        <Box>
          Or in Secrets Manager, if ecr-local was started with AWS_ENDPOINT_URL_SECRETS_MANAGER, the address of
          LocalStack, moto or AWS:
        </Box>
        <CommandLine name="create the secret" text={command} />
      </SpaceBetween>
    </ExpandableSection>
  )
}
