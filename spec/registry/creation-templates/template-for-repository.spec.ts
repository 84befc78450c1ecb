import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import type { CreationReason } from '../../../src/registry/creation-templates/creation-template.js'
import { templateForRepository } from '../../../src/registry/creation-templates/template-for-repository.js'
import { storeOf } from '../../../src/store/store-of.js'
import { templateRecord } from '../../support/templates.js'

const registry = { account: '123456789012', region: 'us-east-1' }
const reasons: readonly CreationReason[] = ['PULL_THROUGH_CACHE', 'REPLICATION', 'CREATE_ON_PUSH']

/** A store with templates of these prefixes, each applied for these reasons. */
async function storeWith(templates: Readonly<Record<string, readonly CreationReason[]>>) {
  const store = storeOf(memoryKeyValue())
  for (const [prefix, appliedFor] of Object.entries(templates))
    await store.creationTemplates.put(registry, prefix, templateRecord({ prefix, appliedFor }))
  return store
}

const chosen = async (
  templates: Readonly<Record<string, readonly CreationReason[]>>,
  repository: string,
  reason: CreationReason = 'REPLICATION',
) => (await templateForRepository(await storeWith(templates), registry, repository, reason))?.prefix

describe('The template for a repository', () => {
  it.each([
    ['prod/team/app', 'prod/team'],
    ['prod/team/sub/app', 'prod/team'],
    ['prod/app', 'prod'],
    ['prod/teams/app', 'prod'],
    ['prod/team', 'prod'],
    ['prod', 'ROOT'],
    ['production/app', 'ROOT'],
    ['app', 'ROOT'],
    ['team/prod/app', 'ROOT'],
  ])('The template for %s has the most specific prefix, %s', async (repository, prefix) => {
    expect(await chosen({ prod: reasons, 'prod/team': reasons, ROOT: reasons }, repository)).toBe(prefix)
  })

  it('A repository that no prefix covers has no template', async () => {
    expect(await chosen({ prod: reasons, 'prod/team': reasons }, 'stage/app')).toBeUndefined()
  })

  it.each(reasons)('A template is chosen only among those applied for %s', async (reason) => {
    const others = reasons.filter((other) => other !== reason)
    expect(await chosen({ prod: others, ROOT: others }, 'prod/app', reason)).toBeUndefined()
    expect(await chosen({ 'prod/team': others, prod: [reason], ROOT: reasons }, 'prod/team/app', reason)).toBe('prod')
  })

  it('A template without reasons is never chosen', async () => {
    for (const reason of reasons) expect(await chosen({ ROOT: [] }, 'prod/app', reason)).toBeUndefined()
  })

  it('The templates of another account and of another Region are not considered', async () => {
    const store = await storeWith({ ROOT: reasons })
    for (const other of [
      { ...registry, account: '210987654321' },
      { ...registry, region: 'eu-west-1' },
    ])
      expect(await templateForRepository(store, other, 'prod/app', 'REPLICATION')).toBeUndefined()
  })
})
