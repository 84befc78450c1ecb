import type { ECRClient } from '@aws-sdk/client-ecr'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { CachedTag } from '../../../control-plane/admin/admin-answers.js'
import { batchImportUpstreamImage } from '../../requests/import-upstream-images.js'
import { useEcrClient } from '../../requests/use-ecr.js'
import { imageOf } from './use-cached-tags.js'

/** What a check of a tag found. */
export interface CheckOutcome {
  readonly image: string
  readonly type: 'success' | 'error'
  /** In the service's words, if it failed. */
  readonly text: string
  /** What was thrown, if the call itself was refused. */
  readonly error?: unknown
}

/** Checks in progress, and what those found that are done. */
export interface Checks {
  readonly total: number
  /** The image that is being checked; absent once all are. */
  readonly current?: string
  readonly outcomes: readonly CheckOutcome[]
}

/** Asks the upstreams of tags now, one after another, and imports what has moved. */
export function useCheckNow() {
  const client = useEcrClient()
  const queries = useQueryClient()
  const [checks, setChecks] = useState<Checks>()
  const check = async (tags: readonly CachedTag[]) => {
    const outcomes: CheckOutcome[] = []
    for (const tag of tags) {
      setChecks({ total: tags.length, current: imageOf(tag), outcomes: [...outcomes] })
      outcomes.push(await checkTag(client, tag))
    }
    setChecks({ total: tags.length, outcomes })
    await queries.invalidateQueries()
  }
  return { checks, check, dismiss: () => setChecks(undefined) }
}

async function checkTag(client: ECRClient, tag: CachedTag): Promise<CheckOutcome> {
  const image = imageOf(tag)
  try {
    const { images = [], failures = [] } = await batchImportUpstreamImage(client, {
      repositoryName: tag.repository,
      imageIds: [{ imageTag: tag.tag }],
    })
    const [failure] = failures
    if (failure) return { image, type: 'error', text: `${failure.failureCode}: ${failure.failureReason}` }
    const digest = images[0]?.imageId?.imageDigest
    return {
      image,
      type: 'success',
      text: digest === tag.digest ? 'Unchanged' : `Moved to ${digest ?? 'another image'}`,
    }
  } catch (error) {
    return { image, type: 'error', text: '', error }
  }
}
