import { clockPlace, readToDecide, readToTouch } from '../access/read-first.js'
import { keyOf, type RecordPlace } from '../registry/ports/store.js'
import { type Registry, repositoryArn } from '../registry/registry.js'
import { rulePrefix } from './services/ecr/named-rule.js'

type Body = Readonly<Record<string, unknown>>

/**
 * The records a call will read, told from what it names: the store is asked for all of them at once, and then for what
 * depends on them. Nothing is decided here: the input is not valid yet and may hold anything, a record that is not foreseen
 * is read when its turn comes.
 */
export function* foresee(body: Body, registry: Registry): Generator<RecordPlace, void> {
  const repositories = repositoriesIn(body, registry)
  yield clockPlace
  yield* readToDecide(registry, repositories)
  for (const prefix of texts(body.ecrRepositoryPrefixes ?? body.ecrRepositoryPrefix))
    yield { registry, collection: 'rules', key: rulePrefix(prefix) }
  for (const key of texts(body.name)) yield { registry, collection: 'accountSettings', key }
  for (const key of texts(body.uploadId)) yield { registry, collection: 'uploads', key }
  const [repository] = repositories
  if (repository !== undefined) yield* contentsNamed(body, registry, repository)
}

function repositoriesIn({ repositoryName, repositoryNames, resourceArn }: Body, registry: Registry): string[] {
  const prefix = repositoryArn(registry, '')
  const tagged = texts(resourceArn).filter((arn) => arn.startsWith(prefix))
  return [...texts(repositoryName ?? repositoryNames), ...tagged.map((arn) => arn.slice(prefix.length))]
}

/** Images by tag or by digest (by both, they are found by their tag), and layers. */
function* contentsNamed(body: Body, registry: Registry, repository: string): Generator<RecordPlace, void> {
  const { imageIds, imageTag, layerDigest, layerDigests } = body
  const ids = (Array.isArray(imageIds) ? imageIds.slice(0, MOST) : []) as unknown[]
  for (const id of [...ids, { imageTag }]) {
    const named = Object(id) as Body
    const [tag] = texts(named.imageTag)
    const [digest] = texts(named.imageDigest)
    if (tag !== undefined) yield { registry, collection: 'tags', key: keyOf(repository, tag) }
    else if (digest !== undefined) yield { registry, collection: 'images', key: keyOf(repository, digest) }
  }
  for (const digest of texts(layerDigests ?? layerDigest))
    yield { registry, collection: 'layers', key: keyOf(repository, digest) }
  yield* readToTouch(texts(layerDigests))
}

/** No list of names in the API is longer, and no name. */
const MOST = 100
const LONGEST = 512

/** A name or a list of names, each once. */
function texts(value: unknown): string[] {
  if (value === undefined) return []
  const given = (Array.isArray(value) ? value.slice(0, MOST) : [value]) as unknown[]
  return [
    ...new Set(given.filter((name) => typeof name === 'string' && name !== '' && name.length <= LONGEST)),
  ] as string[]
}
