import { type Upstream, UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import { discard, failureFrom } from './answers.js'
import { asking, type Question } from './ask.js'
import { openBlob } from './blobs.js'
import { login } from './login.js'
import { contentDigest, manifestTypes, readManifest } from './manifests.js'
import type { TokenSource } from './token-request.js'

/**
 * The pulling half of the OCI Distribution API, asked of one registry with one set of credentials.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull
 */
export function registryApi(source: TokenSource, slot: () => Promise<() => void>): Upstream {
  const { host, limits } = source
  const ask = asking(source, login(source))
  return {
    resolve: (repository, tag) => {
      const question = manifestQuestion('HEAD', repository, tag, limits.resolveMs)
      return ask(question, async (answer) => {
        if (answer.status === 405) return undefined
        if (answer.status !== 200) throw failureFrom(host, question.subject, answer)
        return contentDigest(answer) ?? undefined
      })
    },
    manifest: (repository, reference) => {
      const question = manifestQuestion('GET', repository, reference, limits.answerMs)
      return ask(question, async (answer) => {
        if (answer.status !== 200) throw failureFrom(host, question.subject, answer)
        return keptManifest(host, question.subject, await readManifest(reference, answer))
      })
    },
    blob: (repository, digest, from = 0) => {
      const question = blobQuestion(repository, digest, limits.answerMs)
      return openBlob({ host, ask, slot }, question, from)
    },
    hasBlob: (repository, digest) => {
      const question = { ...blobQuestion(repository, digest, limits.resolveMs), method: 'HEAD' as const }
      return ask(question, async (answer) => {
        if (answer.status === 404) return false
        if (answer.status >= 300) throw failureFrom(host, question.subject, answer)
        return true
      })
    },
    ping: () =>
      ask({ method: 'GET', path: '', subject: 'its API', withinMs: limits.resolveMs }, async (answer) => {
        if (answer.status !== 200) throw failureFrom(host, 'its API', answer)
        discard(answer.body)
      }),
  }
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
