import { isIPv6 } from 'node:net'
import type { Config } from '../config/config.js'
import type { AddressedRequest, RegistryAddressOf } from '../registry/registry-address.js'

/** Whether only programs on this machine can connect to a server that listens on this host. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** Whether only programs on this machine can connect to any address of a process. */
export const isOnLoopback = ({ host, furtherAddresses }: Pick<Config, 'host' | 'furtherAddresses'>): boolean =>
  [host, ...furtherAddresses.map((further) => further.host)].every(isLoopback)

/** The addresses of `localhost`, and those for all interfaces, to which clients cannot connect. */
const AT_LOCALHOST = ['127.0.0.1', '::1', '0.0.0.0', '::']

/**
 * The host that clients use: `localhost` if the server is reachable there, because Docker accepts plain HTTP from it by
 * default.
 */
export function clientHost(host: string): string {
  if (AT_LOCALHOST.includes(host)) return 'localhost'
  return isIPv6(host) ? `[${host}]` : host
}

/** The scheme that this process serves. */
export const schemeOf = ({ tlsCert }: Pick<Config, 'tlsCert'>): 'http' | 'https' => (tlsCert ? 'https' : 'http')

/** The address of the control plane, for clients; of the one that listens on `port`, unless that is the setting's. */
export const endpointOf = (settings: Pick<Config, 'host' | 'port' | 'tlsCert'>, port = settings.port): string =>
  `${schemeOf(settings)}://${clientHost(settings.host)}:${port}`

/** The address of the data plane, for clients and for a control plane in another process. */
export interface DataPlaneAddress {
  /** For example `http://localhost:4510`. */
  readonly origin: string
  readonly scheme: 'http' | 'https'
  /** Host and port, with which image names begin. */
  readonly registry: string
  readonly port: string
}

/** The port of a data plane in a process of its own, unless a setting names another. */
const DATA_PLANE_PORT = 4510

/** Whether the planes of a process, if it runs both, listen on one port. */
export const isOnePort = ({ port, registryPort }: Pick<Config, 'port' | 'registryPort'>): boolean =>
  registryPort === undefined || (registryPort === port && port !== 0)

/** The port that a data plane listens on if it does not share the control plane's. */
export const registryPortOf = ({ registryPort = DATA_PLANE_PORT }: Pick<Config, 'registryPort'>): number => registryPort

/** The address of the data plane of this process, which listens on `port`. */
export const addressOfOwnDataPlane = (config: Pick<Config, 'host' | 'tlsCert'>, port: number): DataPlaneAddress =>
  address(schemeOf(config), clientHost(config.host), String(port))

/** The address of a data plane in another process: the one in the settings, or one on this machine. */
export const addressOfOtherDataPlane = (config: Config): DataPlaneAddress =>
  config.dataPlane === undefined
    ? addressOfOwnDataPlane(config, registryPortOf(config))
    : addressIn(new URL(config.dataPlane))

function addressIn({ protocol, hostname, port }: URL): DataPlaneAddress {
  const scheme = protocol === 'https:' ? 'https' : 'http'
  return address(scheme, hostname, port || DEFAULT_PORTS[scheme])
}

const address = (scheme: 'http' | 'https', host: string, port: string): DataPlaneAddress => ({
  origin: `${scheme}://${host}:${port}`,
  scheme,
  registry: `${host}:${port}`,
  port,
})

/** Image names need the port that URLs omit: without one Docker uses 443, even for `http`. */
const DEFAULT_PORTS = { http: '80', https: '443' } as const

/** A host, possibly with a port. Anything else in a Host header is not repeated. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i

/**
 * The address of the registry for the client of a request: the name and, if both planes share one, the port with which
 * it has reached this process. So it is right behind a mapped port, in a container's network and behind a proxy that
 * ends TLS, which says so in X-Forwarded-Proto. A configured `registryHost` takes precedence.
 */
export function registryAddresses(
  { registryHost }: Pick<Config, 'registryHost'>,
  dataPlane: () => DataPlaneAddress,
  sharesPort: boolean,
): RegistryAddressOf {
  return (request) => {
    const { scheme: schemeOfDataPlane, port, registry } = dataPlane()
    const scheme = sharesPort ? schemeOfRequest(request) : schemeOfDataPlane
    if (registryHost !== undefined) return { scheme, host: registryHost.replaceAll('{port}', port) }
    const { host = '' } = request.headers
    if (typeof host !== 'string' || !HOST.test(host)) return { scheme, host: registry }
    const [name, portOfRequest = `:${DEFAULT_PORTS[scheme]}`] = [host.replace(/:\d+$/, ''), /:\d+$/.exec(host)?.[0]]
    return { scheme, host: withoutHttpsPort(scheme, name + (sharesPort ? portOfRequest : `:${port}`)) }
  }
}

/** Docker takes an image name without a port for one at 443, and looks up credentials and authorities by that name. */
const withoutHttpsPort = (scheme: 'http' | 'https', host: string) =>
  scheme === 'https' ? host.replace(/:443$/, '') : host

/** Of several proxies, each may add the scheme by which it was reached: the first is that of the client. */
const schemeOfRequest = ({ isSecure, headers }: AddressedRequest) =>
  isSecure || /^https *(,|$)/i.test(String(headers['x-forwarded-proto'])) ? 'https' : 'http'
