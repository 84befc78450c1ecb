import type { RequestEnd } from '../access/decision-log.js'
import type { Call, DataPlaneDeps } from './call.js'
import type { OciError } from './errors.js'

/** What a pull was for. */
export type Pulled = Pick<Call, 'registry' | 'repository'>

/**
 * What is remembered of a pull that got no image: that it failed, and where nothing could have brought the image, that no
 * rule would. A HEAD that finds no image is left out: every push begins with one.
 */
export async function failedPull(
  { registry, repository }: Pulled,
  { status, code }: OciError,
  method: string | undefined,
  { pullThrough }: Pick<DataPlaneDeps, 'pullThrough'>,
): Promise<Pick<RequestEnd, 'isFailedPull' | 'hint'>> {
  if (method === 'HEAD' && code === 'MANIFEST_UNKNOWN') return {}
  if (status !== 404 || (await pullThrough.isServed(registry, repository).catch(() => true)))
    return { isFailedPull: true }
  const { account, region } = registry
  const hint = `No pull through cache rule of account ${account} in ${region} serves ${repository}: an image there has to be pushed`
  return { isFailedPull: true, hint }
}
