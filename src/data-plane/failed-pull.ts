import type { RecordedDecision } from '../access/explain/decision-log.js'
import { ruleForRepository } from '../registry/cache-rules/rule-for-repository.js'
import { failedImport } from '../registry/latest-failures.js'
import type { RequestFacts, Refusal } from '../server/exchange.js'
import type { DataPlaneDeps } from './call.js'
import type { OciError } from './oci-errors.js'

type PulledImage = NonNullable<RequestFacts['pulledFrom']>

/**
 * What the decision log records of a pull that failed, and a hint that says why if the client is not told: what the
 * upstream answered, or that no cache rule serves the name. A HEAD that finds no image is not recorded unless it asked
 * the upstream, because every push begins with one.
 */
export async function failedPull(
  facts: RequestFacts,
  { status, code, message }: OciError,
  deps: Pick<DataPlaneDeps, 'store' | 'decisions'>,
): Promise<Pick<Refusal, 'isFailedPull' | 'hint'>> {
  const { pulledFrom, method } = facts
  if (!pulledFrom) return {}
  const reason = status === 404 || status === 403 ? await upstreamAnswer(facts, pulledFrom, deps) : undefined
  if (reason !== undefined) return { isFailedPull: true, ...(reason !== message && { hint: reason }) }
  if (method === 'HEAD' && code === 'MANIFEST_UNKNOWN') return {}
  if (status !== 404 || (await mayBeServed(pulledFrom, deps))) return { isFailedPull: true }
  const { account, region } = pulledFrom.registry
  const hint = `No pull through cache rule of account ${account} in ${region} serves ${pulledFrom.repository}: an image there has to be pushed`
  return { isFailedPull: true, hint }
}

/** Why the import failed that the pull was allowed to make, if it did. Other pulls cost no reading of events. */
async function upstreamAnswer(
  { requestId, now }: RequestFacts,
  image: PulledImage,
  { store, decisions }: Pick<DataPlaneDeps, 'store' | 'decisions'>,
): Promise<string | undefined> {
  const isImport = ({ question, decision }: RecordedDecision) =>
    decision.allowed && question.action === 'ecr:BatchImportUpstreamImage'
  if (!now || decisions.find(requestId)?.decisions.some(isImport) !== true) return undefined
  return failedImport(store, image, now).catch(() => undefined)
}

/** Whether a cache rule serves the name; true if the store does not answer, so that no wrong hint is given. */
const mayBeServed = ({ registry, repository }: PulledImage, deps: Pick<DataPlaneDeps, 'store'>): Promise<boolean> =>
  ruleForRepository(deps.store, registry, repository).then(
    (rule) => rule !== undefined,
    () => true,
  )
