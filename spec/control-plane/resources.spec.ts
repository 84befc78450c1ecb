import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operations } from '../../src/control-plane/operations/index.js'
import { account, region } from '../support/emulator.js'

const registry = { account, region }
const members = ['repositoryName', 'repositoryNames', 'resourceArn', 'imageIds', 'registryIds', 'ecrRepositoryPrefixes']
const anyInput = fc.dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 3 }))

describe('the resources of an operation', () => {
  it.each(Object.entries(operations))('%s finds them in any input, before it is validated', (_, operation) => {
    const { resources } = operation as { resources: (input: unknown, of: typeof registry) => string[] }
    fc.assert(
      fc.property(anyInput, (input) => {
        const found = resources(input, registry)
        expect(found.length).toBeGreaterThan(0)
        expect(found.every((resource) => typeof resource === 'string')).toBe(true)
      }),
      { numRuns: 50, examples: [[{ repositoryName: { toString: 1 }, repositoryNames: 'ab', resourceArn: null }]] },
    )
  })

  it('are the ARNs of the repositories named, or all repositories', () => {
    const arn = (name: string) => `arn:aws:ecr:${region}:${account}:repository/${name}`
    const of = operations.DescribeRepositories!
    expect(of.resources({ repositoryNames: ['team/a', 'team/b'] }, registry)).toEqual([arn('team/a'), arn('team/b')])
    expect(of.resources({}, registry)).toEqual([arn('*')])
    expect(operations.DeleteRepository!.resources({ repositoryName: 'team/a' }, registry)).toEqual([arn('team/a')])
    expect(operations.DescribeRegistry!.resources({}, registry)).toEqual(['*'])
  })
})
