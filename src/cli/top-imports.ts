import type { ImportInFlight } from '../control-plane/admin/admin-answers.js'
import type { Status } from '../control-plane/admin/status-route.js'
import { requestPlane } from './plane-client.js'
import type { PlaneSettings } from './planes-statistics.js'

/** An import in flight; without bytes if they are not known. */
export type ImportProgress = Pick<ImportInFlight, 'account' | 'region' | 'repository' | 'digest' | 'tag' | 'failedAt'> &
  Partial<Pick<ImportInFlight, 'receivedBytes' | 'expectedBytes'>>

/** How many imports are in flight, and the first few of them. */
export interface ImportsInFlight {
  readonly count: number
  readonly first: readonly ImportProgress[]
}

/** How long the stream may take to say what is in flight, which it does first. */
const WITHIN_MS = 3_000

/** The event with all imports, and the empty line at its end. */
const IMPORTS_EVENT = /^event: imports\ndata: (.*)\n\n/m

/**
 * The imports in flight with their bytes, from the stream of what happens; the few that the status names, without
 * bytes, if the stream does not answer. Never rejects.
 */
export async function importsInFlight(
  settings: PlaneSettings,
  { imports }: Pick<Status, 'imports'>,
): Promise<ImportsInFlight> {
  const fromStatus = imports ?? { count: 0, first: [] }
  if (fromStatus.count === 0) return fromStatus
  try {
    const until = { isComplete: (text: string) => IMPORTS_EVENT.test(text), signal: AbortSignal.timeout(WITHIN_MS) }
    const { status, text } = await requestPlane(settings, '/_admin/activity', until)
    const [, data] = status === 200 ? (IMPORTS_EVENT.exec(text) ?? []) : []
    if (data === undefined) return fromStatus
    const all = JSON.parse(data) as readonly ImportInFlight[]
    return { count: all.length, first: all.slice(0, MAX_IMPORTS).map(progressOf) }
  } catch {
    return fromStatus
  }
}

/** As many as `ecr-local top` shows. */
const MAX_IMPORTS = 10

const progressOf = ({
  account,
  region,
  repository,
  digest,
  tag,
  failedAt,
  ...bytes
}: ImportInFlight): ImportProgress => ({
  account,
  region,
  repository,
  digest,
  ...(tag !== undefined && { tag }),
  ...(failedAt !== undefined && { failedAt }),
  receivedBytes: bytes.receivedBytes,
  expectedBytes: bytes.expectedBytes,
})
