import type { Registry } from './registry.js'

/** How the client of a request reaches the registry. */
export interface RegistryAddress {
  readonly scheme: 'http' | 'https'
  /** Host and port, with which image names begin; `{account}` and `{region}` stand for those of a registry. */
  readonly host: string
}

/** The facts about a request by which its client names this machine. */
export interface AddressedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Whether it came over TLS. */
  readonly isSecure: boolean
}

/** The address of the registry for the client of a request. */
export type RegistryAddressOf = (request: AddressedRequest) => RegistryAddress

/** The host with which the image names of a registry begin. */
export const hostOfRegistry = ({ host }: RegistryAddress, { account, region }: Registry): string =>
  host.includes('{') ? host.replaceAll('{account}', account).replaceAll('{region}', region) : host
