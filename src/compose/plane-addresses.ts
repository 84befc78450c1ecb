import { isIPv6 } from 'node:net'
import type { Config } from '../config/config.js'

/** Whether only programs on this machine can connect to a server that listens on this host. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

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

/** The address of the data plane, for clients and for a control plane in another process. */
export interface DataPlaneAddress {
  /** For example `http://localhost:4510`. */
  readonly origin: string
  readonly scheme: 'http' | 'https'
  /** Host and port, with which image names begin. */
  readonly registry: string
  readonly port: string
}

/** The address of the data plane: of this process, which listens on `ownPort`, or of the one in the settings. */
export function dataPlaneAddress(config: Config, ownPort?: number): DataPlaneAddress {
  if (ownPort === undefined && config.dataPlane !== undefined) return addressIn(new URL(config.dataPlane))
  return address(schemeOf(config), clientHost(config.host), String(ownPort ?? config.registryPort))
}

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
