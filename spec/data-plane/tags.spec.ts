import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorIn, type RunningRegistry, startRegistry } from '../support/registry.js'

describe('GET /v2/<name>/tags/list', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    running = await startRegistry()
    for (const name of ['app', 'app2', 'empty', 'team/tags']) await running.createRepository(name)
    const image = await running.push('app', { tag: 'b' })
    for (const tag of ['latest', 'a', 'B', '1.0', 'c_d']) await running.putManifest('app', image, tag)
    await running.push('app2', { tag: 'other' })
    await running.push('team/tags', { tag: 'v1' })
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const list = (query = '', name = 'app') => running.send('GET', `/v2/${name}/tags/list${query}`)
  const tagsIn = ({ body }: { body: Buffer }) => (JSON.parse(body.toString()) as { tags: string[] }).tags

  it('The tag list holds the name and the tags in ASCII order and has the content type of ECR', async () => {
    const { status, headers, body } = await list()

    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(headers['docker-distribution-api-version']).toBe('registry/2.0')
    expect(headers.link).toBeUndefined()
    expect(body.toString()).toBe('{"name":"app","tags":["1.0","B","a","b","c_d","latest"]}')
  })

  it('The tag list of a repository without tags is empty', async () => {
    expect((await list('', 'empty')).body.toString()).toBe('{"name":"empty","tags":[]}')
  })

  it('The Link header of the tag list leads to the next page', async () => {
    const first = await list('?n=2')
    expect(tagsIn(first)).toEqual(['1.0', 'B'])
    expect(first.headers.link).toBe('</v2/app/tags/list?n=2&last=B>; rel="next"')

    const second = await list('?n=2&last=B')
    expect(tagsIn(second)).toEqual(['a', 'b'])
    expect(second.headers.link).toBe('</v2/app/tags/list?n=2&last=b>; rel="next"')

    const third = await list('?n=2&last=b')
    expect(tagsIn(third)).toEqual(['c_d', 'latest'])
    expect(third.headers.link).toBeUndefined()
  })

  it('A page of the tag list holds 100 tags when no size is requested', async () => {
    await running.createRepository('many')
    const image = await running.push('many', { tag: 't000' })
    for (let tag = 1; tag <= 150; tag++) {
      await running.putManifest('many', image, `t${String(tag).padStart(3, '0')}`)
    }
    const first = await list('', 'many')
    expect(tagsIn(first)).toHaveLength(100)
    expect(first.headers.link).toBe('</v2/many/tags/list?n=100&last=t099>; rel="next"')

    const second = await list('?n=100&last=t099', 'many')
    expect(tagsIn(second)).toHaveLength(51)
    expect(second.headers.link).toBeUndefined()
  })

  it('The tag list continues after a tag that does not exist and is empty after the last tag', async () => {
    expect(tagsIn(await list('?last=b0'))).toEqual(['c_d', 'latest'])
    expect(tagsIn(await list('?last=zzz'))).toEqual([])
    expect(tagsIn(await list(`?last=${'x'.repeat(5000)}`))).toEqual([])
  })

  it('The tag list answers n=0 with an empty list and no Link header', async () => {
    const { status, headers, body } = await list('?n=0')

    expect(status).toBe(200)
    expect(headers.link).toBeUndefined()
    expect(body.toString()).toBe('{"name":"app","tags":[]}')
  })

  it('The tag list refuses a page size of more than 1000 with 405', async () => {
    expect((await list('?n=1000')).status).toBe(200)
    const answer = await list('?n=1001')

    expect(answer.status).toBe(405)
    expect(errorIn(answer)).toEqual({
      code: 'UNSUPPORTED',
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })

  it.each(['-1', 'many', '1.5', ''])('The tag list refuses the page size n=%s with 405', async (n) => {
    const answer = await list(`?n=${n}`)

    expect(answer.status).toBe(405)
    expect(errorIn(answer)).toEqual({
      code: 'UNSUPPORTED',
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value greater than or equal to 1'",
    })
  })

  it('The tag list of an unknown repository is answered with 404', async () => {
    const answer = await list('', 'nowhere')

    expect(answer.status).toBe(404)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(errorIn(answer)).toEqual({
      code: 'NAME_UNKNOWN',
      message: "The repository with name 'nowhere' does not exist in the registry with id '123456789012'",
    })
  })

  it('HEAD of the tag list returns the headers of GET and no body', async () => {
    const { status, headers, body } = await running.send('HEAD', '/v2/app2/tags/list')

    expect(status).toBe(200)
    expect(headers['content-length']).toBe(String('{"name":"app2","tags":["other"]}'.length))
    expect(body.length).toBe(0)
  })

  it('A method that the tag list does not support is answered with 405 and an Allow header', async () => {
    const answer = await running.send('DELETE', '/v2/app/tags/list')

    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('GET')
    expect(errorIn(answer).code).toBe('UNSUPPORTED')
  })
})
