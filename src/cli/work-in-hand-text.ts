import type { WorkInHand } from '../compose/work-in-hand.js'
import { formatCount } from '../registry/amounts.js'

/** What is in hand as text, for example `2 pulls or pushes and 1 layer from an upstream`; empty if nothing is. */
export function inHandText({ calls, pullsAndPushes, layersFromUpstream }: WorkInHand): string {
  const parts = [
    calls > 0 && formatCount(calls, 'call'),
    pullsAndPushes > 0 && `${formatCount(pullsAndPushes, 'request')} to the registry`,
    layersFromUpstream > 0 && `${formatCount(layersFromUpstream, 'layer')} from upstreams`,
  ].filter((part) => part !== false)
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
