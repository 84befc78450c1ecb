import { describe, expect, it } from 'vitest'
import {
  allDestinations,
  areReplicatedTo,
  destinationsOf,
  type ReplicationRule,
  rulesAt,
} from '../../../src/registry/replication/replication-configuration.js'

const ireland = { region: 'eu-west-1', registryId: '123456789012' }
const oregon = { region: 'us-west-2', registryId: '123456789012' }
const other = { region: 'us-west-2', registryId: '444455556666' }
const rule = (destinations: ReplicationRule['destinations'], ...prefixes: string[]): ReplicationRule => ({
  destinations,
  ...(prefixes.length > 0 && {
    repositoryFilters: prefixes.map((filter) => ({ filter, filterType: 'PREFIX_MATCH' as const })),
  }),
})

describe('rules of replication', () => {
  it('A rule without filters is about every repository, one with filters about the names they begin', () => {
    const rules = [rule([ireland]), rule([oregon, other], 'prod', 'team/')]
    expect(destinationsOf(rules, 'test')).toEqual([ireland])
    expect(destinationsOf(rules, 'production/app')).toEqual([ireland, oregon, other])
    expect(destinationsOf(rules, 'team/app')).toEqual([ireland, oregon, other])
    expect(destinationsOf(rules, 'my/team/app')).toEqual([ireland])
    expect(destinationsOf([{ destinations: [ireland], repositoryFilters: [] }], 'test')).toEqual([ireland])
  })

  it('A destination that several rules name counts once', () => {
    const rules = [rule([ireland, oregon]), rule([oregon], 'te'), rule([{ ...ireland }])]
    expect(destinationsOf(rules, 'test')).toEqual([ireland, oregon])
    expect(allDestinations(rules)).toEqual([ireland, oregon])
  })

  it('Destinations in the same Region but of different accounts are different', () => {
    expect(areReplicatedTo([rule([oregon])], 'test', other)).toBe(false)
    expect(areReplicatedTo([rule([oregon]), rule([other], 'test')], 'test', { ...other })).toBe(true)
    expect(areReplicatedTo([rule([oregon]), rule([other], 'test')], 'app', other)).toBe(false)
  })

  it('What happened before the rules were put is subject to the rules before', () => {
    const [rules, previousRules] = [[rule([ireland])], [rule([oregon])]]
    const configuration = { rules, previousRules, putAt: 10 }
    expect(rulesAt(configuration, 9)).toBe(previousRules)
    expect(rulesAt(configuration, 10)).toBe(rules)
  })
})
