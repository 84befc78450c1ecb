import { isIP, isIPv6 } from 'node:net'
import { defaultAccount } from '../access/credentials.js'
import { type CertificatesAndAddress, makeCertificates } from '../compose/certificates.js'
import { hostsFileLines, realNamesInCertificate, registriesWithRealNames } from '../compose/real-name-coverage.js'
import { isDataDirectoryMissing } from '../compose/storage.js'
import { type Config, defaultConfig } from '../config/config.js'
import type { Log } from '../registry/ports/log.js'
import { REAL_REGISTRY_HOST } from '../registry/real-names.js'
import { hostOfRegistry } from '../registry/registry-address.js'
import { DEFAULT_REGION, type Registry } from '../registry/registry.js'
import { openExistingStorage } from './existing-storage.js'
import { UsageError } from '../config/usage-error.js'
import { usageErrorFrom } from './startup-errors.js'

/** The arguments of `ecr-local certs`. */
export interface CertsOptions {
  /** Names and addresses in addition to those in the settings. */
  readonly names?: readonly string[]
  readonly dir?: string
  /** Whether the report is JSON. */
  readonly json?: boolean
  /** The registries whose names in AWS the certificate covers, with those of the APIs in their Regions. */
  readonly registries?: readonly Registry[]
}

/** A host name in any case; a wildcard may be its first label. */
const HOST_NAME = /^(\*\.)?([a-z0-9]([a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/i

/**
 * Creates a certificate for the planes and returns instructions for clients to trust it. Throws UsageError for an
 * invalid host name, and if the directory has files that ecr-local did not create.
 */
export async function certs(config: Config, options: CertsOptions): Promise<string> {
  const { names = [], dir = DEFAULT_DIR, registries = [], json = false } = options
  const noName = names.find((name) => isIP(name) === 0 && !HOST_NAME.test(name))
  if (noName !== undefined)
    throw new UsageError(
      `${noName} is neither a host name nor an address: no scheme, no port, * for the first label only`,
    )
  const allNames = [...names, ...(registries.length > 0 ? realNamesInCertificate(registries) : [])]
  const files = await makeCertificates(config, { names: allNames, dir }).catch((error: unknown) => {
    throw unusableDirectory(dir, error) ?? usageErrorFrom(error, config) ?? error
  })
  if (json) return jsonReport(files)
  const [first] = registries
  if (first) return realNamesText(files, [first, ...registries.slice(1)], config, dir)
  const { port } = files.dataPlane
  const name = nameFor(names)
  return [
    `A certificate for ${files.names.join(', ')}.`,
    RENEWAL,
    '',
    `Start:       ecr-local start --tls-cert ${files.certificate} --tls-key ${files.key}${reachedBy(name, config)}`,
    '',
    ...trust(files.authority, withoutDefaultPort(name === undefined ? hostOf(config, port) : `${name}:${port}`)),
  ].join('\n')
}

const jsonReport = ({ names, certificate, key, authority }: Awaited<ReturnType<typeof makeCertificates>>): string =>
  `${JSON.stringify({ names, certificate, key, authority })}\n`

const DEFAULT_DIR = 'certs'

/** The refusal of a directory that cannot be made or written; undefined for another error. */
function unusableDirectory(dir: string, error: unknown): UsageError | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (!['EACCES', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'].includes(String(code))) return undefined
  return new UsageError(`Certificates cannot be written to ${dir} (${code}): name a directory of yours with --dir`)
}

const RENEWAL =
  'It is good for 398 days; run this again to renew it, and send running planes SIGHUP. Authority and names stay the same.'

/**
 * The registries whose names `certs --real-names` covers: also those in the store of planes with these settings. Throws
 * UsageError if it cannot be read.
 */
export async function registriesToCover(config: Config, log: Log): Promise<Registry[]> {
  if (config.store === 'memory' || isDataDirectoryMissing(config)) return registriesWithRealNames(config)
  const storage = await openExistingStorage(config, 'certs', log).catch((error: unknown) => {
    throw usageErrorFrom(error, config) ?? error
  })
  try {
    return await registriesWithRealNames(config, storage.store)
  } finally {
    await storage.close()
  }
}

/** The instructions for real names. Each line for the hosts file begins with its address, for grep. */
function realNamesText(
  { names, authority, certificate, key }: CertificatesAndAddress,
  registries: readonly [Registry, ...Registry[]],
  config: Config,
  dir: string,
): string {
  const regions = names.flatMap((name) => /^api\.ecr\.([a-z0-9-]+)\.amazonaws\.com$/.exec(name)?.[1] ?? [])
  const others = names.filter((name) => !/\.(amazonaws\.com|api\.aws|on\.aws)$/.test(name))
  const files = dir === DEFAULT_DIR ? '      (in this directory)' : ` --tls-cert ${certificate} --tls-key ${key}`
  return [
    `A certificate for the names of ECR and STS in ${regions.join(', ')}, and for ${others.join(', ')}.`,
    RENEWAL,
    '',
    'Add these lines to /etc/hosts (Windows: C:\\Windows\\System32\\drivers\\etc\\hosts). While they are there, this machine',
    'reaches ecr-local instead of AWS by these names.',
    '',
    ...hostsFileLines(registries, config.host),
    '',
    `Start:       ecr-local start --real-names${files}`,
    '',
    ...trust(authority, hostOfRegistry({ scheme: 'https', host: REAL_REGISTRY_HOST }, registries[0])),
  ].join('\n')
}

/**
 * The name to show in instructions: the first argument that names a single host, written as in URLs and image names.
 */
function nameFor(names: readonly string[]): string | undefined {
  const name = names.find((candidate) => !candidate.startsWith('*'))
  return name !== undefined && isIPv6(name) ? `[${name}]` : name
}

/** The flags that make planes reachable from other machines. Repository URIs begin with the name that is used. */
function reachedBy(name: string | undefined, { port, registryPort }: Config): string {
  const ports = [
    ...(port === defaultConfig.port ? [] : [` --port ${port}`]),
    ...(registryPort === undefined ? [] : [` --registry-port ${registryPort}`]),
  ].join('')
  return name === undefined ? ports : `${ports} --host 0.0.0.0`
}

/**
 * Port 443 is left out, as in image names: clients look up trusted authorities by the registry's name as it is written.
 */
const withoutDefaultPort = (registry: string) => registry.replace(/:443$/, '')

/** Instructions for each kind of client to trust the authority. */
function trust(authority: string, registry: string): string[] {
  return [
    `Docker:      cp ${authority} /etc/docker/certs.d/${registry}/ca.crt      (make the directory; no restart)`,
    `skopeo:      the same file as /etc/containers/certs.d/${registry}/ca.crt, or --cert-dir with a directory that holds only it`,
    `AWS CLI:     export AWS_CA_BUNDLE=${authority}`,
    `Node:        export NODE_EXTRA_CA_CERTS=${authority}      (the AWS SDK; ecr-local explain; a control plane alone)`,
    `curl:        --cacert ${authority}`,
    '',
    `containerd:  /etc/containerd/certs.d/${registry}/hosts.toml`,
    `               server = "https://${registry}"`,
    `               [host."https://${registry}"]`,
    `                 ca = "${authority}"`,
    '             and in its configuration: config_path = "/etc/containerd/certs.d"',
    '',
    'k3s:         /etc/rancher/k3s/registries.yaml',
    '               configs:',
    `                 "${registry}":`,
    '                   tls:',
    `                     ca_file: ${authority}`,
    '             Restart k3s. On other machines the path is that of a copy of the file.',
    '',
  ]
}

const hostOf = ({ registryHost = 'localhost:{port}' }: Config, port: string) =>
  registryHost
    .replaceAll('{port}', port)
    .replaceAll('{account}', defaultAccount.account)
    .replaceAll('{region}', DEFAULT_REGION)
