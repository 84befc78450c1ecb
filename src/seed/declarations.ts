import { createHash } from 'node:crypto'
import { type Accounts, defaultAccount, describesAccessKeys } from '../access/credentials.js'
import type { Members } from '../control-plane/services/service.js'
import { ServiceException } from '../registry/errors.js'
import { parseImageReference } from '../registry/images/image-reference.js'
import { DEFAULT_REGION, type Registry } from '../registry/registry.js'
import { acceptInput } from './api-calls.js'
import { SeedError } from './seed-error.js'
import { creationCalls, type DeclaredImage, type Declaration, type Entry } from './declaration.js'
import { policyMembers, seedKinds, type SeedKind, type SeedMember } from './seed-kinds.js'
import type { Seed, SeedRegistry } from './seed.js'

/** All entries of a seed, in the order in which they are put in place. */
export interface Declarations {
  readonly declarations: readonly Declaration[]
  readonly images: readonly DeclaredImage[]
}

/**
 * Reads a seed that the schema has accepted, and validates every entry as the API would, before anything is changed.
 * Throws SeedError with the place and, where the service has one, its sentence.
 */
export function declarationsOf(seed: Seed | undefined, accounts: Accounts | undefined): Declarations {
  const isList = Array.isArray(seed)
  const seeds: readonly SeedRegistry[] = seed === undefined ? [] : isList ? seed : [seed as SeedRegistry]
  const all = seeds.map((one, index) => {
    const place = isList ? `/seed/${index}` : '/seed'
    const registry = registryOf(one, place, accounts)
    return { declarations: declarationsIn(one, place, registry), images: imagesIn(one, place, registry) }
  })
  const read = {
    declarations: all.flatMap(({ declarations }) => declarations),
    images: all.flatMap(({ images }) => images),
  }
  requireDifferent([...read.declarations, ...read.images])
  return read
}

function registryOf(
  { registryId, region = DEFAULT_REGION }: SeedRegistry,
  place: string,
  accounts?: Accounts,
): Registry {
  if (registryId !== undefined) return { account: registryId, region }
  if (!describesAccessKeys(accounts)) return { account: defaultAccount.account, region }
  const [account = '', ...others] = Object.keys(accounts ?? {})
  if (others.length > 0)
    throw new SeedError(`${place}/registryId`, 'is missing: it says to which of the accounts the entries belong')
  return { account, region }
}

function declarationsIn(seed: SeedRegistry, place: string, registry: Registry): Declaration[] {
  return Object.entries(seedKinds).flatMap(([member, kind]) => {
    const value: unknown = seed[member as SeedMember]
    if (value === undefined) return []
    const entries = kind.nameMember === undefined ? [value] : (value as unknown[])
    return entries.map((entry, index) => {
      const path = kind.nameMember === undefined ? `${place}/${member}` : `${place}/${member}/${index}`
      return declarationOf(entry, kind, { path, registry })
    })
  })
}

function declarationOf(entry: unknown, kind: SeedKind, place: Pick<Entry, 'path' | 'registry'>): Declaration {
  const input = withPolicyTexts(kind.inputOf ? kind.inputOf(entry) : (entry as Members))
  const name = kind.nameMember === undefined ? '' : String(input[kind.nameMember])
  const declaration = { ...place, kind, name, input, title: `${kind.title} ${name}`.trim(), digest: digestOf(input) }
  try {
    for (const { operation, input: callInput } of creationCalls(declaration)) acceptInput(operation, callInput)
  } catch (error) {
    if (error instanceof ServiceException) throw new SeedError(place.path, error.message)
    throw error
  }
  return declaration
}

const withPolicyTexts = (input: Members): Members =>
  Object.fromEntries(
    Object.entries(input).map(([member, value]) => [
      member,
      policyMembers.includes(member) && typeof value === 'object' ? JSON.stringify(value) : value,
    ]),
  )

function imagesIn({ images = [] }: SeedRegistry, place: string, registry: Registry): DeclaredImage[] {
  return images.map((reference, index) => {
    const path = `${place}/images/${index}`
    const image = parseImageReference(reference)
    if (!image)
      throw new SeedError(
        path,
        `must be repository:tag or repository@sha256:…, such as ecr-public/nginx/nginx:latest, not ${JSON.stringify(reference)}`,
      )
    const { repositoryName, imageId } = image
    const title = `image ${repositoryName}${imageId.imageTag === undefined ? `@${imageId.imageDigest}` : `:${imageId.imageTag}`}`
    return { registry, path, title, digest: digestOf(image), repositoryName, imageId }
  })
}

/** Two entries about the same thing would contradict each other, or be one too many. */
function requireDifferent(entries: readonly Entry[]): void {
  const first = new Map<string, Entry>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.registry.account, entry.registry.region, entry.title])
    const before = first.get(key)
    if (before) throw new SeedError(entry.path, `is the second entry for ${entry.title}: ${before.path} is the first`)
    first.set(key, entry)
  }
}

/** The order of members does not count. */
const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex')

const sorted = (_member: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value
