import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/read-config.js'
import { declarationsOf } from '../../src/seed/declarations.js'
import type { Seed } from '../../src/seed/seed.js'
import { twoAccounts } from '../support/whole-emulator.js'

const folder = mkdtempSync(join(tmpdir(), 'ecr-local-seed-'))
const file = join(folder, 'ecr-local.json')
afterAll(() => rmSync(folder, { recursive: true }))

const read = (config: object) => {
  writeFileSync(file, JSON.stringify(config))
  return readConfig({ config: file }, {})
}
const refusalOf = (seed: unknown, more: object = {}) => {
  try {
    read({ seed, ...more })
  } catch (error) {
    return (error as Error).message.replace(file, 'ecr-local.json')
  }
  throw new Error('was accepted')
}
const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }] }
const repository = { repositoryName: 'team/app' }

describe('the setting seed', () => {
  it.each([
    [
      'a member that the API has not',
      { repositories: [{ repositoryname: 'a' }] },
      '/seed/repositories/0/repositoryName is missing',
    ],
    [
      'a member beside those of the API',
      { repositories: [{ ...repository, mutability: 'MUTABLE' }] },
      '/seed/repositories/0/mutability is not a setting; there are repositoryName, tags, imageTagMutability, imageTagMutabilityExclusionFilters, imageScanningConfiguration, encryptionConfiguration, policyText, lifecyclePolicyText',
    ],
    [
      'a value that the model does not list',
      { repositories: [{ ...repository, imageTagMutability: 'SOMETIMES' }] },
      '/seed/repositories/0/imageTagMutability must be one of MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION, not "SOMETIMES"',
    ],
    [
      'a policy that is neither',
      { repositories: [{ ...repository, policyText: 7 }] },
      '/seed/repositories/0/policyText must be a policy: a JSON object, or its text, not 7',
    ],
    [
      'a registry of its own for an entry',
      { pullThroughCacheRules: [{ registryId: '1' }] },
      '/seed/pullThroughCacheRules/0/ecrRepositoryPrefix is missing',
    ],
    ['an unknown kind', { repos: [] }, /^\/seed\/repos is not a setting; there are registryId, region, repositories, /],
    [
      'neither registry nor list',
      'team/app',
      '/seed must be an object, or a list of one for each registry, not "team/app"',
    ],
    ['an account id', [{ registryId: '1' }], '/seed/0/registryId must be an account id, which is 12 digits, not "1"'],
    ['a Region', [{}, { region: 'europe' }], '/seed/1/region must be a Region, such as us-east-1, not "europe"'],
    [
      'a name that breaks the model',
      { repositories: [repository, { repositoryName: 'x' }] },
      "/seed/repositories/1 Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length greater than or equal to 2'",
    ],
    [
      'a policy that is too short',
      { repositories: [{ ...repository, lifecyclePolicyText: { rules: [] } }] },
      "/seed/repositories/0 Invalid parameter at 'lifecyclePolicyText' failed to satisfy constraint: 'Member must have length greater than or equal to 100'",
    ],
    [
      'two entries for one repository',
      [{ repositories: [repository, repository] }],
      '/seed/0/repositories/1 is the second entry for repository team/app: /seed/0/repositories/0 is the first',
    ],
    [
      'two spellings of one image',
      { images: ['ecr-public/a', 'localhost:4566/ecr-public/a:latest'] },
      '/seed/images/1 is the second entry for image ecr-public/a:latest: /seed/images/0 is the first',
    ],
    [
      'no image',
      { images: ['ecr-public/a:'] },
      '/seed/images/0 must be repository:tag or repository@sha256:…, such as ecr-public/nginx/nginx:latest, not "ecr-public/a:"',
    ],
    ['an empty image', { images: [''] }, '/seed/images/0 must not be empty'],
  ])('%s is refused with its place', (_, seed, complaint) => {
    const message = refusalOf(seed)
    const shown = message.slice('ecr-local.json: '.length)
    expect(message).toMatch(/^ecr-local\.json: /)
    if (typeof complaint === 'string') expect(shown).toBe(complaint)
    else expect(shown).toMatch(complaint)
  })

  it('A seed without an account is that of the only one, of the default one, or has to name one of several', () => {
    const [[id = '', account]] = Object.entries(twoAccounts) as [[string, object]]
    const registryFor = (accounts?: typeof twoAccounts) =>
      declarationsOf({ repositories: [repository] }, accounts).declarations[0]?.registry
    expect(registryFor()).toEqual({ account: '000000000000', region: 'us-east-1' })
    expect(registryFor({ '111122223333': { secrets: {} } })).toEqual({ account: '000000000000', region: 'us-east-1' })
    expect(registryFor({ [id]: account })).toEqual({ account: id, region: 'us-east-1' })
    expect(refusalOf({ repositories: [repository] }, { accounts: twoAccounts })).toBe(
      'ecr-local.json: /seed/registryId is missing: it says to which of the accounts the entries belong',
    )
  })

  it('A policy is an object or a text, and the order of members makes no other entry', () => {
    const digestOf = (entry: object) =>
      declarationsOf({ repositories: [entry] } as Seed, undefined).declarations[0]?.digest
    const asText = digestOf({ ...repository, policyText: JSON.stringify(policy) })
    expect(digestOf({ policyText: policy, ...repository })).toBe(asText)
    expect(digestOf({ ...repository, policyText: { ...policy, Id: 'other' } })).not.toBe(asText)
    expect(digestOf(repository)).not.toBe(asText)
  })

  it('An image may be named by its digest', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    expect(declarationsOf({ images: [`ecr-public/a@${digest}`] }, undefined).images).toMatchObject([
      { title: `image ecr-public/a@${digest}`, repositoryName: 'ecr-public/a', imageId: { imageDigest: digest } },
    ])
  })

  it('The examples of docs/seed.md are accepted', () => {
    const page = readFileSync(new URL('../../docs/seed.md', import.meta.url), 'utf8')
    const examples = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, example = '']) => JSON.parse(example) as object)
    expect(examples).toHaveLength(2)
    const declared = examples.map((example) => declarationsOf(read(example).seed, undefined))
    expect(declared.map(({ declarations, images }) => [declarations.length, images.length])).toEqual([
      [4, 2],
      [2, 0],
    ])
  })

  it('Without a seed there is nothing to put in place', () => {
    expect(read({}).seed).toBeUndefined()
    expect(declarationsOf(undefined, undefined)).toEqual({ declarations: [], images: [] })
  })
})
