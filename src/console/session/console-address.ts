import type { Registry } from '../../registry/registry.js'

/** Where the console is served; the same as `base` in vite.config.ts. */
const CONSOLE = '/console'

const ADDRESS = /^\/console\/(\d{12})\/([a-z0-9-]+)(?:\/|$)/

/** The registry that an address of the console names: `/console/<account>/<region>/…`. */
export function addressIn(path: string): Registry | undefined {
  const [, account, region] = ADDRESS.exec(path) ?? []
  return account !== undefined && region !== undefined ? { account, region } : undefined
}

/** The part of the address that all pages of a registry begin with. */
export const basenameOf = ({ account, region }: Registry): string => `${CONSOLE}/${account}/${region}`

/** Loads the console for another registry, on the same page if that exists in every registry. */
export function openRegistry(registry: Registry, page = '/'): void {
  location.assign(`${basenameOf(registry)}${page}`)
}
