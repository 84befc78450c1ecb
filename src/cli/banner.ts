import picocolors from 'picocolors'
import { describesAccessKeys } from '../access/credentials.js'
import { isOnLoopback } from '../compose/plane-addresses.js'
import type { Running } from '../compose/compose.js'
import type { Config } from '../config/config.js'
import { withoutPassword } from '../config/without-password.js'
import { DEFAULT_REGION } from '../registry/registry.js'
import { summaryOf } from '../seed/seed-report.js'
import { version } from '../version.js'

/** Shown at every start with relaxed authentication, on a terminal and in the log. */
const RELAXED =
  'AUTH IS RELAXED: any access key is an administrator, and signatures are not checked. Not for a shared machine.'

/** Shown when other machines may reach planes that accept the well-known test key. */
const OPEN_TO_OTHERS =
  'OTHER MACHINES MAY REACH THIS with access key test, secret test, a public key with all permissions: ' +
  'the configuration defines no access key. Define some (docs/access.md), or listen on 127.0.0.1.'

/** The warnings of a start, for the terminal and the log. */
export function warningsFor(settings: Pick<Config, 'auth' | 'accounts' | 'host' | 'furtherAddresses'>): string[] {
  const { auth, accounts } = settings
  if (auth === 'relaxed') return [RELAXED]
  return !describesAccessKeys(accounts) && !isOnLoopback(settings) ? [OPEN_TO_OTHERS] : []
}

/** What a person sees on a terminal: both addresses, and what to type next. */
export function banner(
  {
    endpoint,
    registry,
    seed,
    hostsFile = [],
  }: Pick<Running, 'endpoint' | 'registry' | 'hostsFile'> & Partial<Pick<Running, 'seed'>>,
  config: Config,
  isColored = picocolors.isColorSupported,
): string {
  const { bold, cyan, dim, red } = picocolors.createColors(isColored)
  const scheme = config.tlsCert === undefined ? '' : 'https://'
  const lines = [
    `${bold('ecr-local')} ${dim(version)}`,
    '',
    ...(endpoint?.endsWith(`//${registry}`)
      ? [`Listens on     ${cyan(endpoint)}  ${dim('the ECR API, and the registry')}`]
      : [...(endpoint ? [`Control plane  ${cyan(endpoint)}`] : []), `Registry       ${cyan(scheme + registry)}`]),
    ...(endpoint ? [`Console        ${cyan(`${endpoint}/console/`)}`] : []),
    `State          ${stateOf(config)}`,
    ...(seed && seed.lines.length > 0 ? [`Seed           ${summaryOf(seed.lines)}`] : []),
    ...warningsFor(config).flatMap((warning) => ['', bold(red(warning))]),
    ...realNames(hostsFile).map((line) => (line.startsWith('1') ? dim(line) : line)),
    '',
    ...(endpoint ? nextCommands(endpoint, hostsFile[0]?.split(' ')[1] ?? registry, config) : []),
    dim('Ctrl-C stops it.'),
  ]
  return `\n${lines.map((line) => (line ? `  ${line}` : '')).join('\n')}\n\n`
}

/** What to add to the hosts file; the lines may be copied as they are. */
const realNames = (hostsFile: readonly string[]) =>
  hostsFile.length === 0
    ? []
    : [
        '',
        'Names of AWS   on port 443, once /etc/hosts has these lines (ecr-local certs --real-names prints them, too):',
        ...hostsFile,
      ]

/** Where state and images are stored, with passwords removed. */
function stateOf({ store, blobs, dataDir }: Config): string {
  if (store === 'memory') return 'in memory, lost at the end'
  const state = store === 'embedded' ? dataDir : withoutPassword(store)
  const images = blobs === 'disk' ? dataDir : blobs
  return state === images ? state : `${state}, images in ${images}`
}

/** Each command is one line, so that it can be copied. */
function nextCommands(endpoint: string, registry: string, { accounts }: Config): string[] {
  const aws = `aws --endpoint-url ${endpoint} ecr`
  const [, region = DEFAULT_REGION] = /\.dkr\.ecr\.([a-z0-9-]+)\./.exec(registry) ?? []
  return [
    'Next, in another terminal:',
    ...(describesAccessKeys(accounts)
      ? []
      : [`export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=${region}`]),
    `${aws} create-pull-through-cache-rule --ecr-repository-prefix ecr-public --upstream-registry-url public.ecr.aws`,
    `${aws} get-login-password | docker login --username AWS --password-stdin ${registry}`,
    `docker pull ${registry}/ecr-public/nginx/nginx:latest`,
    '',
  ]
}
