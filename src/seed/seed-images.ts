import { setTimeout as sleep } from 'node:timers/promises'
import type { Resources } from '../control-plane/services/context.js'
import type { Output } from '../control-plane/services/ecr/operation.js'
import { ServiceException } from '../registry/errors.js'
import { apiCalls } from './api-calls.js'
import type { Result } from './apply-declaration.js'
import type { DeclaredImage } from './declaration.js'
import { refused } from './seed-report.js'

/** How long a data plane in another process may take to start, and how often it is asked meanwhile. */
export interface ImportPatience {
  readonly tries: number
  readonly pauseMs: number
}

/** With the three tries of each request: about a minute. */
const defaultPatience: ImportPatience = { tries: 30, pauseMs: 1500 }

/**
 * Imports an image as BatchImportUpstreamImage does, and resolves once all of it is stored. A data plane that does not
 * answer yet is waited for; every answer of the service is final.
 */
export async function importImage(
  image: DeclaredImage,
  resources: Resources,
  stopSignal: AbortSignal,
  patience: ImportPatience = defaultPatience,
): Promise<Result> {
  const { repositoryName, imageId, registry } = image
  const call = apiCalls(resources, registry)
  stopSignal.throwIfAborted()
  for (let tries = 1; ; tries++) {
    try {
      return outcomeOf(await call('BatchImportUpstreamImage', { repositoryName, imageIds: [imageId] }))
    } catch (error) {
      if (tries >= patience.tries || !isAbsentDataPlane(error)) return refused(error)
      await sleep(patience.pauseMs, undefined, { signal: stopSignal })
    }
  }
}

function outcomeOf({ images: [image] = [], failures: [failure] = [] }: Output<'BatchImportUpstreamImage'>): Result {
  if (image) return { outcome: 'imported', detail: image.imageId?.imageDigest ?? '' }
  return { outcome: 'failed', detail: `${failure?.failureCode ?? ''}: ${failure?.failureReason ?? ''}` }
}

/** What the importer throws if the data plane of another process does not answer. */
const isAbsentDataPlane = (error: unknown) => error instanceof ServiceException && error.code === 'ServerException'
