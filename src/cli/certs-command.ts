import { isIP, isIPv6 } from 'node:net'
import { makeCertificates } from '../compose/certificates.js'
import { type Config, defaultConfig } from '../config.js'
import { UsageError } from '../config/usage-error.js'
import { usageErrorFrom } from './startup-errors.js'

/** What the command line says. */
export interface CertsOptions {
  /** Names and addresses beside those that are in use. */
  readonly names?: readonly string[]
  readonly dir?: string
}

/** Letters of host names in any case; a wildcard stands for the first label. */
const HOST_NAME = /^(\*\.)?([a-z0-9]([a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/i

/**
 * Makes a certificate for the planes and says how clients come to trust it. Throws UsageError for what is no host name, and
 * where files that were not made here are in the way.
 */
export async function certs(config: Config, { names = [], dir = 'certs' }: CertsOptions): Promise<string> {
  const noName = names.find((name) => isIP(name) === 0 && !HOST_NAME.test(name))
  if (noName !== undefined)
    throw new UsageError(
      `${noName} is neither a host name nor an address: no scheme, no port, * for the first label only`,
    )
  const made = await makeCertificates(config, { names, dir }).catch((error: unknown) => {
    throw usageErrorFrom(error, config) ?? error
  })
  const { port } = made.dataPlane
  const name = nameFor(names)
  return [
    `A certificate for ${made.names.join(', ')}.`,
    'It is good for 398 days; run this again to renew it, and send running planes SIGHUP. Authority and names stay the same.',
    '',
    `Start:       ecr-local start --tls-cert ${made.certificate} --tls-key ${made.key}${reachedBy(name, config.registryPort)}`,
    '',
    ...trust(made.authority, withoutDefaultPort(name === undefined ? hostOf(config, port) : `${name}:${port}`)),
  ].join('\n')
}

/** The name clients are told: the first that was given and is the name of one host, as URLs and image names write it. */
function nameFor(names: readonly string[]): string | undefined {
  const name = names.find((given) => !given.startsWith('*'))
  return name !== undefined && isIPv6(name) ? `[${name}]` : name
}

/** Other machines reach a name; repository URIs then begin with it. */
function reachedBy(name: string | undefined, port: number): string {
  const ports = port === defaultConfig.registryPort ? '' : ` --registry-port ${port}`
  return name === undefined
    ? ports
    : `${ports} --host 0.0.0.0 --registry-host '${withoutDefaultPort(`${name}:${port}`).replace(/:\d+$/, ':{port}')}'`
}

/** An image name without a port means 443, and clients look for what they trust under the name as it is written. */
const withoutDefaultPort = (registry: string) => registry.replace(/:443$/, '')

/** How the clients this is for are told whom to trust. */
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

const hostOf = ({ registryHost }: Config, port: string) =>
  registryHost.replaceAll('{port}', port).replaceAll('{account}', '000000000000').replaceAll('{region}', 'us-east-1')
