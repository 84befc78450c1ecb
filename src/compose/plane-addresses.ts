import { isIPv6 } from 'node:net'
import type { Config } from '../config.js'

/** Whether only programs of this machine reach what listens there. */
export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** What `localhost` leads to, and the addresses that mean all, which are none to ask. */
const AT_LOCALHOST = ['127.0.0.1', '::1', '0.0.0.0', '::']

/** What clients write: `localhost` where it leads there, because Docker takes plain HTTP from it without being told. */
export function clientHost(host: string): string {
  if (AT_LOCALHOST.includes(host)) return 'localhost'
  return isIPv6(host) ? `[${host}]` : host
}

/** The scheme of what this process listens for. */
export const schemeOf = ({ tlsCert }: Pick<Config, 'tlsCert'>): 'http' | 'https' => (tlsCert ? 'https' : 'http')

/** Where the data plane is, for clients and for a control plane in another process. */
export interface DataPlaneAddress {
  /** For example `http://localhost:4510`. */
  readonly origin: string
  readonly scheme: 'http' | 'https'
  /** Host and port, as image names begin. */
  readonly registry: string
  readonly port: string
}

/** The address of the data plane: of this process, where it listens at `ownPort`, or of the one the settings name. */
export function dataPlaneAddress(config: Config, ownPort?: number): DataPlaneAddress {
  if (ownPort === undefined && config.dataPlane !== undefined) return addressIn(new URL(config.dataPlane))
  return address(schemeOf(config), clientHost(config.host), String(ownPort ?? config.registryPort))
}

function addressIn({ protocol, hostname, port }: URL): DataPlaneAddress {
  const scheme = protocol === 'https:' ? 'https' : 'http'
  return address(scheme, hostname, port || DEFAULT_PORTS[scheme])
}

const address = (scheme: 'http' | 'https', host: string, port: string): DataPlaneAddress => ({
  ...{ origin: `${scheme}://${host}:${port}`, scheme, registry: `${host}:${port}`, port },
})

/** What a URL leaves out, an image name must not: without a port Docker would take 443 for `http`, too. */
const DEFAULT_PORTS = { http: '80', https: '443' } as const
