import {
  type ECRClient,
  GetLifecyclePolicyPreviewCommand,
  type LifecyclePolicyPreviewResult,
  type LifecyclePolicyPreviewSummary,
  LifecyclePolicyPreviewInProgressException,
  StartLifecyclePolicyPreviewCommand,
} from '@aws-sdk/client-ecr'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { MAX_ITEMS, useEcrClient } from '../../requests/use-ecr.js'
import { pause } from '../../requests/pause.js'

/** What a policy would do to the images of a repository, as GetLifecyclePolicyPreview says it. */
export interface Preview {
  readonly results: readonly LifecyclePolicyPreviewResult[]
  readonly summary: LifecyclePolicyPreviewSummary
}

const TYPING_PAUSE_MS = 500
const ASKED_EVERY_MS = 200

/** The preview of a policy while it is edited: started anew when the text has not changed for half a second. */
export function usePreview(repository: string, text: string) {
  const client = useEcrClient()
  const settled = useSettled(text)
  const { data, error, isFetching } = useQuery({
    queryKey: ['ecr', 'lifecycle policy preview', repository, settled],
    queryFn: ({ signal }) => previewOf(client, repository, settled, signal),
    enabled: settled.trim() !== '',
    placeholderData: keepPreviousData,
  })
  const isEmpty = text.trim() === ''
  return {
    preview: isEmpty || error ? undefined : data,
    error: settled === text && !isEmpty ? error : null,
    isPending: !isEmpty && (isFetching || settled !== text),
  }
}

/** A text once it has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

/** A repository has one preview, which another tab may replace at any time: then this one is started again. */
async function previewOf(
  client: ECRClient,
  repositoryName: string,
  lifecyclePolicyText: string,
  signal: AbortSignal,
): Promise<Preview> {
  for (;;) {
    const started = await start(client, { repositoryName, lifecyclePolicyText }, signal)
    const preview = started === undefined ? undefined : await read(client, repositoryName, started, signal)
    if (preview) return preview
    await pause(ASKED_EVERY_MS, signal)
  }
}

/** Starts a preview, and answers the text as the service took it; undefined while another one is in progress. */
async function start(
  client: ECRClient,
  input: { readonly repositoryName: string; readonly lifecyclePolicyText: string },
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  try {
    const started = await client.send(new StartLifecyclePolicyPreviewCommand(input), { abortSignal })
    return started.lifecyclePolicyText
  } catch (error) {
    if (error instanceof LifecyclePolicyPreviewInProgressException) return undefined
    throw error
  }
}

/** Reads all results once the preview is complete; undefined if it was replaced by one of another text. */
async function read(
  client: ECRClient,
  repositoryName: string,
  text: string,
  abortSignal: AbortSignal,
): Promise<Preview | undefined> {
  const results: LifecyclePolicyPreviewResult[] = []
  let nextToken: string | undefined
  for (;;) {
    const input = { repositoryName, maxResults: 100, ...(nextToken !== undefined && { nextToken }) }
    const page = await client.send(new GetLifecyclePolicyPreviewCommand(input), { abortSignal })
    if (page.lifecyclePolicyText !== text) return undefined
    if (page.status === 'IN_PROGRESS') {
      await pause(ASKED_EVERY_MS, abortSignal)
      continue
    }
    if (page.status !== 'COMPLETE')
      throw new Error(`The preview ended as ${page.status}: change the policy to try again`)
    results.push(...(page.previewResults ?? []))
    nextToken = page.nextToken
    if (nextToken === undefined || results.length >= MAX_ITEMS) return { results, summary: page.summary ?? {} }
  }
}
