import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Steps from '@cloudscape-design/components/steps'
import { DescribePullThroughCacheRulesCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { ROOT } from '../../../registry/cache-rules/cache-rule.js'
import { CommandLine } from '../../parts/command-line.js'
import { PageLink } from '../../parts/page-link.js'
import { useEcr } from '../../requests/use-ecr.js'
import { loginCommand, useRegistryHost } from '../../parts/registry-host.js'
import { useSession } from '../../session/session-context.js'
import type { Credentials } from '../../session/sessions.js'

const REFRESH_MS = 5_000

const ANY_REPOSITORY = new DescribeRepositoriesCommand({ maxResults: 1 })

/** What to do first, as long as the registry has no repository. Nothing to those who may not know that. */
export function FirstSteps() {
  const repositories = useEcr('DescribeRepositories', ANY_REPOSITORY)
  return repositories.data?.repositories?.length === 0 ? <Three /> : null
}

function Three() {
  const { region, credentials } = useSession()
  const { data: found } = useEcr(
    'DescribePullThroughCacheRules',
    new DescribePullThroughCacheRulesCommand({ maxResults: 100 }),
    { refetchInterval: REFRESH_MS },
  )
  // Asked by this component, too, so that it goes away by itself when the first image is there.
  useEcr('DescribeRepositories', ANY_REPOSITORY, { refetchInterval: REFRESH_MS })
  const [rule] = found?.pullThroughCacheRules ?? []
  const host = useRegistryHost()
  const flags = `--endpoint-url ${location.origin} --region ${region}`
  const create = `aws ecr create-pull-through-cache-rule --ecr-repository-prefix ecr-public --upstream-registry-url public.ecr.aws ${flags}`
  return (
    <Container
      header={
        <Header variant="h2" description="Nothing is in this registry yet. Three steps lead to the first cached image.">
          Get started
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Box>
          The commands need an access key of this account, such as the one you are signed in with:
          <CommandLine name="use the access key" text={keyOf(credentials)} />
        </Box>
        <Steps
          ariaLabel="First steps"
          steps={[
            {
              status: rule ? 'success' : 'pending',
              statusIconAriaLabel: rule ? 'Done' : 'To do',
              header: (
                <Box variant="strong">
                  1. Add a pull through cache rule, which maps a namespace of this registry to an upstream
                </Box>
              ),
              details: (
                <>
                  <PageLink to="/private-registry/pull-through-cache">Add a rule here</PageLink>, or by the AWS CLI:
                  <CommandLine name="add a rule" text={create} />
                </>
              ),
            },
            {
              status: 'pending',
              statusIconAriaLabel: 'To do',
              header: <Box variant="strong">2. Log in with Docker</Box>,
              details: <CommandLine name="log in" text={loginCommand(region, host)} />,
            },
            {
              status: 'pending',
              statusIconAriaLabel: 'To do',
              header: <Box variant="strong">3. Pull: the first time from the upstream, later from the cache</Box>,
              details: <CommandLine name="pull" text={`docker pull ${host}/${sampleOf(rule)}`} />,
            },
          ]}
        />
      </SpaceBetween>
    </Container>
  )
}

/** Only the well-known secret is shown; of another one its place. */
function keyOf({ accessKeyId, secretAccessKey, sessionToken }: Credentials): string {
  const secret = secretAccessKey === 'test' ? 'test' : '…'
  const token = sessionToken === undefined ? '' : ' AWS_SESSION_TOKEN=…'
  return `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secret}${token}`
}

/** An image that exists in the upstream of a rule. */
function sampleOf(rule: { ecrRepositoryPrefix?: string; upstreamRegistryUrl?: string } | undefined): string {
  const { ecrRepositoryPrefix = 'ecr-public', upstreamRegistryUrl = 'public.ecr.aws' } = rule ?? {}
  const prefix = ecrRepositoryPrefix === ROOT ? '' : `${ecrRepositoryPrefix}/`
  return `${prefix}${samples[upstreamRegistryUrl] ?? 'REPOSITORY:TAG'}`
}

const samples: Readonly<Record<string, string>> = {
  'public.ecr.aws': 'docker/library/alpine:latest',
  'registry-1.docker.io': 'library/alpine:latest',
  'registry.k8s.io': 'pause:3.10',
  'quay.io': 'quay/busybox:latest',
}
