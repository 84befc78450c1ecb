import type { ImportInFlight } from '../control-plane/admin/admin-answers.js'
import type { Status } from '../control-plane/admin/status-route.js'
import { hasMember, jsonIn, requestPlane } from './plane-client.js'
import type { PlaneSettings } from './planes-statistics.js'

/** An import in flight; without bytes if they are not known. */
export type ImportProgress = Pick<ImportInFlight, 'account' | 'region' | 'repository' | 'digest' | 'tag' | 'failedAt'> &
  Partial<Pick<ImportInFlight, 'receivedBytes' | 'expectedBytes'>>

/** How many imports are in flight, and the first few of them. */
export interface ImportsInFlight {
  readonly count: number
  readonly first: readonly ImportProgress[]
}

/**
 * How long the stream is read. It says first which imports there are, and about a second later how far those of other
 * processes are.
 */
const WITHIN_MS = 1_500

/** An event with all imports, and the empty line at its end. */
const IMPORTS_EVENT = /^event: imports\ndata: (.*)\n\n/gm

/**
 * The imports in flight with their bytes, from the stream of what happens; the few that the status names, without
 * bytes, if the stream does not answer. Never rejects.
 */
export async function importsInFlight(
  settings: PlaneSettings,
  { imports }: Pick<Status, 'imports'>,
  withinMs = WITHIN_MS,
): Promise<ImportsInFlight> {
  const fromStatus = imports ?? { count: 0, first: [] }
  if (fromStatus.count === 0) return fromStatus
  try {
    const isComplete = (text: string) => latestIn(text)?.some(({ isRunning }) => isRunning) === true
    const { text } = await requestPlane(settings, '/_admin/activity', { isComplete, withinMs })
    const all = latestIn(text)
    if (!all) return fromStatus
    return { count: all.length, first: all.slice(0, MAX_IMPORTS).map(progressOf) }
  } catch {
    return fromStatus
  }
}

/** The imports of the latest event in the text of a stream; undefined if there is none that this version knows. */
function latestIn(text: string): readonly ImportInFlight[] | undefined {
  const [, data = ''] = [...text.matchAll(IMPORTS_EVENT)].at(-1) ?? []
  const imports = jsonIn(data)
  return Array.isArray(imports) && imports.every(isImport) ? imports : undefined
}

const isImport = (value: unknown): value is ImportInFlight =>
  ['repository', 'digest', 'isRunning', 'receivedBytes', 'expectedBytes'].every((name) => hasMember(value, name))

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
