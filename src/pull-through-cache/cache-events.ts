import type { Log } from '../registry/ports/log.js'
import { serviceLinkedRoleArn } from '../registry/service-linked-role.js'
import type { ImportDeps } from './imports/manifest-import.js'

/** How a line of the log begins, before the outcome. */
const saidBefore = { import: '', check: 'checked: ', referrers: 'referrers: ' } as const

/** Tells what the cache does in the log and writes it down as an event: both name the service-linked role, which does it. */
export function recorder(log: Log, write: ImportDeps['recordEvent']): ImportDeps['recordEvent'] {
  return (action, now) => {
    const { registry, rule, ...facts } = action
    const { upstreamRegistryUrl } = rule
    const { repository, tag, digest = '', outcome } = facts
    const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
    const message = `${name} ${saidBefore[action.action]}${outcome}`
    const principal = serviceLinkedRoleArn(registry.account)
    log.info({ principal, ...registry, upstreamRegistryUrl, ...facts }, message)
    return write(action, now).catch((err: unknown) => log.warn({ err }, 'an event was not written down'))
  }
}
