import { type Upstream, UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import { discard, failureFrom } from './upstream-responses.js'
import { type Ask, asking, type Question } from './ask.js'
import { openBlob } from './upstream-blobs.js'
import type { Login } from './upstream-login.js'
import { contentDigest, manifestTypes, readManifest } from './upstream-manifests.js'
import { askReferrers } from './upstream-referrers.js'
import type { FairSemaphore } from '../../coordination/fair-semaphore.js'
import type { TokenSource } from './token-request.js'

/** The places at one registry, shared by all who ask it: nothing small waits behind large blobs. */
export type Places = Readonly<Record<'requests' | 'blobs' | 'smallBlobs', FairSemaphore>>

/** For whom a registry is asked, and where that account's requests wait their turn. */
export interface Asker {
  readonly account: string
  readonly login: Login
  readonly places: Places
}

/**
 * The pulling half of the OCI Distribution API, asked of one registry with one set of credentials for one account.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull
 */
export function registryApi(source: TokenSource, { account, login, places }: Asker): Upstream {
  const { host, limits } = source
  const ask = asking(source, login, ({ repository = '' }, signal) =>
    places.requests.acquire([account, repository], signal),
  )
  const manifest = manifestFrom(ask, source)
  return {
    manifest,
    resolve: (repository, tag) => {
      const question = manifestQuestion('HEAD', repository, tag, limits.resolveMs)
      return ask(question, async (answer) => {
        if (answer.status === 405) return undefined
        if (answer.status !== 200) throw failureFrom(host, question.subject, answer)
        return contentDigest(answer) ?? undefined
      })
    },
    blob: (repository, digest, from = 0, size = Infinity) => {
      const question = blobQuestion(repository, digest, limits.answerMs)
      const kind = size <= limits.smallBlobBytes ? 'smallBlobs' : 'blobs'
      return openBlob({ host, ask, slot: () => places[kind].acquire([account, repository]) }, question, from)
    },
    hasBlob: (repository, digest) => {
      const question = { ...blobQuestion(repository, digest, limits.resolveMs), method: 'HEAD' as const }
      return ask(question, async (answer) => {
        if (answer.status === 404) return false
        if (answer.status >= 300) throw failureFrom(host, question.subject, answer)
        return true
      })
    },
    referrers: (repository, digest, atMost) =>
      askReferrers({ host, ask, manifest, withinMs: limits.resolveMs }, { repository, digest, atMost }),
    ping: () =>
      ask({ method: 'GET', path: '', subject: 'its API', withinMs: limits.resolveMs }, async (answer) => {
        if (answer.status !== 200) throw failureFrom(host, 'its API', answer)
        discard(answer.body)
      }),
  }
}

const manifestFrom =
  (ask: Ask, { host, limits }: TokenSource): Upstream['manifest'] =>
  (repository, reference) => {
    const question = manifestQuestion('GET', repository, reference, limits.answerMs)
    return ask(question, async (answer) => {
      if (answer.status !== 200) throw failureFrom(host, question.subject, answer)
      return keptManifest(host, question.subject, await readManifest(reference, answer))
    })
  }

function keptManifest(host: string, subject: string, read: Awaited<ReturnType<typeof readManifest>>): UpstreamManifest {
  if (!('wrong' in read)) return read
  throw new UpstreamFailure(
    'unavailable',
    `The upstream registry ${host} gave an answer for ${subject} which ${read.wrong}.`,
  )
}

function manifestQuestion(
  method: Question['method'],
  repository: string,
  reference: string,
  withinMs: number,
): Question {
  const subject = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`
  const headers = { accept: manifestTypes.join(', ') }
  return { method, path: `${repository}/manifests/${reference}`, subject, repository, headers, withinMs }
}

const blobQuestion = (repository: string, digest: string, withinMs: number): Question => ({
  method: 'GET',
  path: `${repository}/blobs/${digest}`,
  subject: `${repository}@${digest}`,
  repository,
  headers: { 'accept-encoding': 'identity' },
  withinMs,
})
