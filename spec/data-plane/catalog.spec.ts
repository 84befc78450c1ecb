import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { errorIn, type RunningRegistry, startedAt, startRegistry } from '../support/registry.js'

describe('GET /v2/_catalog', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    running = await startRegistry()
    for (const name of ['team/app', 'base', 'team/api', 'zoo']) await running.createRepository(name)
    const elsewhere = { account: '123456789012', region: 'eu-west-1' }
    await running.deps.store.repositories.insert(elsewhere, 'elsewhere', newRepository('elsewhere', startedAt))
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const list = (query = '') => running.send('GET', `/v2/_catalog${query}`)

  it('The catalog lists the repositories of its own registry only, in ASCII order', async () => {
    const { status, headers, body } = await list()

    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(headers.link).toBeUndefined()
    expect(body.toString()).toBe('{"repositories":["base","team/api","team/app","zoo"]}')
  })

  it('The Link header of the catalog leads to the next page, with slashes encoded', async () => {
    const first = await list('?n=2')
    expect(first.body.toString()).toBe('{"repositories":["base","team/api"]}')
    expect(first.headers.link).toBe('</v2/_catalog?n=2&last=team%2Fapi>; rel="next"')

    const second = await list('?n=2&last=team%2Fapi')
    expect(second.body.toString()).toBe('{"repositories":["team/app","zoo"]}')
    expect(second.headers.link).toBeUndefined()
  })

  it('A page of the catalog holds 100 repositories when no size is requested', async () => {
    await using many = await startRegistry()
    for (let count = 0; count <= 100; count++) await many.createRepository(`app-${String(count).padStart(3, '0')}`)
    const { headers, body } = await many.send('GET', '/v2/_catalog')

    expect((JSON.parse(body.toString()) as { repositories: string[] }).repositories).toHaveLength(100)
    expect(headers.link).toBe('</v2/_catalog?n=100&last=app-099>; rel="next"')
  })

  it('The catalog answers n=0 with an empty list and no Link header', async () => {
    const { headers, body } = await list('?n=0')

    expect(body.toString()).toBe('{"repositories":[]}')
    expect(headers.link).toBeUndefined()
  })

  it('The catalog refuses a page size of more than 1000 with 405', async () => {
    const answer = await list('?n=5000')

    expect(answer.status).toBe(405)
    expect(errorIn(answer)).toEqual({
      code: 'UNSUPPORTED',
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })
})
