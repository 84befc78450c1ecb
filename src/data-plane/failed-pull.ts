import type { RequestEnd } from '../access/explain/decision-log.js'
import type { Call, DataPlaneDeps } from './call.js'
import { ruleOf } from '../pull-through-cache/upstream-source.js'
import type { OciError } from './oci-errors.js'

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
  deps: Pick<DataPlaneDeps, 'store'>,
): Promise<Pick<RequestEnd, 'isFailedPull' | 'hint'>> {
  if (method === 'HEAD' && code === 'MANIFEST_UNKNOWN') return {}
  if (status !== 404 || (await mayBeServed({ registry, repository }, deps))) return { isFailedPull: true }
  const { account, region } = registry
  const hint = `No pull through cache rule of account ${account} in ${region} serves ${repository}: an image there has to be pushed`
  return { isFailedPull: true, hint }
}

/** Whether a rule serves the name; a store that does not answer knows nothing against it. */
const mayBeServed = ({ registry, repository }: Pulled, deps: Pick<DataPlaneDeps, 'store'>): Promise<boolean> =>
  ruleOf(registry, repository, deps).then(
    (rule) => rule !== undefined,
    () => true,
  )
