import { describe, expect, it } from 'vitest'
import {
  namesPrefix,
  statementsOf,
  withoutStatements,
  withStatement,
} from '../../../src/registry/permissions/registry-policy-text.js'

const registry = { account: '111122223333', region: 'us-east-1' }
const arn = (name: string) => `arn:aws:ecr:us-east-1:111122223333:repository/${name}`
const added = { Sid: 'Added', Effect: 'Allow' }
const parsed = (text: string | undefined): unknown => JSON.parse(text ?? 'null')

describe('The statements of a registry policy', () => {
  it('A statement is added to no policy, to a document and to a bare statement', () => {
    expect(parsed(withStatement(undefined, added))).toEqual({ Version: '2012-10-17', Statement: [added] })
    const document = { Version: '2012-10-17', Id: 'mine', Statement: { Sid: 'Only', Effect: 'Deny' } }
    expect(parsed(withStatement(JSON.stringify(document), added))).toEqual({
      ...document,
      Statement: [document.Statement, added],
    })
    const bare = { Sid: 'Bare', Effect: 'Allow', Resource: '${aws:username}' }
    // Without a version, policy variables are text; a newer one would change what the bare statement means.
    expect(parsed(withStatement(JSON.stringify(bare), added))).toEqual({
      Version: '2008-10-17',
      Statement: [bare, added],
    })
  })

  it('A document without a version stays one without a version', () => {
    const text = withStatement(JSON.stringify({ Statement: [added] }), { Sid: 'Second' })
    expect(parsed(text)).toEqual({ Statement: [added, { Sid: 'Second' }] })
  })

  it('Statements are removed by their position, because statement ids may repeat', () => {
    const statements = [added, { ...added, Effect: 'Deny' }, added]
    const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    expect(statementsOf(text)).toEqual(statements)
    expect(parsed(withoutStatements(text, new Set([0, 2])))).toEqual({
      Version: '2012-10-17',
      Statement: [statements[1]],
    })
    expect(withoutStatements(text, new Set([0, 1, 2]))).toBeUndefined()
    expect(statementsOf(undefined)).toEqual([])
  })

  it('A statement is about a prefix if a resource of it names that prefix, not a longer word', () => {
    const isAbout = (Resource: string | string[], prefix: string) => namesPrefix({ Resource }, registry, prefix)
    expect(isAbout(arn('ecr-public/*'), 'ecr-public')).toBe(true)
    expect(isAbout([arn('quay/*'), arn('ecr-public/nginx')], 'ecr-public')).toBe(true)
    expect(isAbout(arn('ecr-public*'), 'ecr-public')).toBe(true)
    expect(isAbout(arn('ecr-public-2/*'), 'ecr-public')).toBe(false)
    expect(isAbout(arn('*'), 'ecr-public')).toBe(false)
    expect(isAbout('*', 'ROOT')).toBe(true)
    expect(isAbout(arn('*'), 'ROOT')).toBe(true)
    expect(isAbout(arn('ecr-public/*'), 'ROOT')).toBe(false)
    expect(namesPrefix({ NotResource: arn('quay/*') }, registry, 'quay')).toBe(true)
    expect(namesPrefix({}, registry, 'quay')).toBe(false)
  })
})
