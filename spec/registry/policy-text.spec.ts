import { describe, expect, it } from 'vitest'
import { acceptRegistryPolicy, acceptRepositoryPolicy } from '../../src/registry/policy-text.js'

const statement = {
  Sid: 'any words, twice',
  Effect: 'Allow',
  Principal: { AWS: ['arn:aws:iam::111122223333:root', '444455556666'], Service: 'replication.ecr.amazonaws.com' },
  Action: ['ecr:CreateRepository', 'ecr:Batch*'],
  Resource: ['arn:aws:ecr:us-east-1:111122223333:repository/team/*'],
  Condition: { StringLike: { 'aws:PrincipalArn': ['arn:*', 'b'] }, Bool: { 'aws:SecureTransport': true } },
}
const changed = (change: object) => ({ ...statement, ...change })
const text = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })

const wrong: [string, object][] = [
  ['no effect', changed({ Effect: undefined })],
  ['another effect', changed({ Effect: 'allow' })],
  ['no principal', changed({ Principal: undefined })],
  ['a principal that is a name', changed({ Principal: 'arn:aws:iam::111122223333:root' })],
  ['a principal of an unknown kind', changed({ Principal: { Aws: '*' } })],
  ['a principal of no kind', changed({ Principal: {} })],
  ['principals and others than principals', changed({ NotPrincipal: '*' })],
  ['no action', changed({ Action: undefined })],
  ['an empty list of actions', changed({ Action: [] })],
  ['an action without a service', changed({ Action: 'BatchGetImage' })],
  ['a number for an action', changed({ Action: 1 })],
  ['a resource that is no text', changed({ Resource: [{}] })],
  ['a condition that is a text', changed({ Condition: 'always' })],
  ['a condition without an operator', changed({ Condition: { 'aws:SecureTransport': true } })],
  ['a member there is none of', changed({ Effects: 'Allow' })],
]

describe.each([
  ['registry', acceptRegistryPolicy],
  ['repository', acceptRepositoryPolicy],
])('a %s policy', (kind, accept) => {
  const refused = `Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid ${kind} policy provided'`

  it('is kept as it was given', () => {
    const given = `\n ${text(statement, changed({ Effect: 'Deny' }))}`
    expect(accept(given)).toEqual({ text: given })
  })

  it.each([
    ['NotPrincipal', changed({ Principal: undefined, NotPrincipal: '*' })],
    ['NotAction', changed({ Action: undefined, NotAction: 'ecr:DeleteRepository' })],
    ['NotResource', changed({ Resource: undefined, NotResource: '*' })],
    ['Action *', changed({ Action: '*' })],
  ])('may say %s', (_, good) => {
    expect(accept(text(good))).toEqual({ text: text(good) })
  })

  it.each(wrong)('is refused with %s', (_, bad) => {
    expect(() => accept(text(statement, bad))).toThrow(refused)
  })

  it.each(['', ' ', 'null', '1', '[]', '{}', '{"Version":"2012-10-17","Statement":[]}'])('is not %j', (bad) => {
    expect(() => accept(bad)).toThrow(refused)
  })

  it('has a version that IAM knows, or none', () => {
    const versioned = (Version: unknown) => JSON.stringify({ Version, Statement: statement })
    for (const good of ['2008-10-17', '2012-10-17', undefined]) expect(() => accept(versioned(good))).not.toThrow()
    for (const bad of ['2012-10-18', 2012, null]) expect(() => accept(versioned(bad))).toThrow(refused)
  })
})

it('a repository policy may leave out the resource, which is the repository; a registry policy may not', () => {
  const without = text(changed({ Resource: undefined }))
  expect(acceptRepositoryPolicy(without)).toEqual({ text: without })
  expect(() => acceptRegistryPolicy(without)).toThrow('Invalid registry policy provided')
})

it('a bare statement is a registry policy, and no repository policy', () => {
  const bare = JSON.stringify(statement)
  expect(acceptRegistryPolicy(bare)).toEqual({ text: bare })
  expect(() => acceptRepositoryPolicy(bare)).toThrow('Invalid repository policy provided')
})
