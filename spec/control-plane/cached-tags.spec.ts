import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CachedTags } from '../../src/control-plane/admin/admin-answers.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { account, now, region, startEmulator } from '../support/emulator.js'

const registry = { account, region }
const digest = `sha256:${'a'.repeat(64)}`
const rule = { upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 }
const hoursAgo = (hours: number) => now.getTime() - hours * 3_600_000
const at = (time: number) => new Date(time).toISOString()

let emulator: Awaited<ReturnType<typeof startEmulator>>
beforeAll(async () => {
  emulator = await startEmulator()
  const { store } = emulator.deps
  for (const prefix of ['quay', 'quay/team', 'quay-next', 'ROOT', 'many'])
    await store.rules.put(registry, prefix, { ...rule, ecrRepositoryPrefix: prefix })
  const put = (repository: string, tag: string, upstream?: { checkedAt: number; failedAt?: number }) =>
    store.tags.put(registry, keyOf(repository, tag), { repository, tag, digest, ...(upstream && { upstream }) })
  await put('quay/app', 'v1', { checkedAt: hoursAgo(1) })
  await put('quay/app', 'v2', { checkedAt: hoursAgo(30), failedAt: hoursAgo(0.1) })
  await put('quay/app', 'v3', { checkedAt: hoursAgo(30), failedAt: hoursAgo(20) })
  await put('quay/app', 'v4', { checkedAt: hoursAgo(23.9), failedAt: hoursAgo(0) })
  await put('quay/app', 'pushed')
  await put('quay/team/app', 'v1', { checkedAt: hoursAgo(1) })
  await put('quay/zoo', 'v1', { checkedAt: hoursAgo(1) })
  await put('quay-next/app', 'v1', { checkedAt: hoursAgo(1) })
  await put('app', 'v1', { checkedAt: hoursAgo(1) })
  await put('team/app', 'v1', { checkedAt: hoursAgo(1) })
})
afterAll(() => emulator[Symbol.asyncDispose]())

async function ask(query: string) {
  const { statusCode, body } = await request(`${emulator.endpoint}/_admin/cached-tags?${query}`)
  return { status: statusCode, body: (await body.json()) as CachedTags & { message?: string } }
}
const ofRegistry = `account=${account}&region=${region}`
async function tagsOf(prefix: string) {
  const { status, body } = await ask(`${ofRegistry}&prefix=${prefix}`)
  expect(status).toBe(200)
  return body.tags.map(({ repository, tag }) => `${repository}:${tag}`)
}

describe('GET /_admin/cached-tags', () => {
  it('A rule lists the tags that it has pulled, without those of a rule with a longer prefix and pushed ones', async () => {
    expect(await tagsOf('quay')).toEqual(['quay/app:v1', 'quay/app:v2', 'quay/app:v3', 'quay/app:v4', 'quay/zoo:v1'])
    expect(await tagsOf('quay/team')).toEqual(['quay/team/app:v1'])
    expect(await tagsOf('quay/team/')).toEqual(['quay/team/app:v1'])
    expect(await tagsOf('many')).toEqual([])
  })

  it('The rule ROOT lists the tags that no other rule covers', async () => {
    expect(await tagsOf('ROOT')).toEqual(['app:v1', 'team/app:v1'])
  })

  it('Each tag says when the upstream answered, when it did not, and when it is asked again', async () => {
    const { body } = await ask(`${ofRegistry}&prefix=quay`)
    expect(body.now).toBe(now.toISOString())
    const [answered, failed, failedLongAgo, failedBeforeDue] = body.tags
    expect(answered).toEqual({
      repository: 'quay/app',
      tag: 'v1',
      digest,
      checkedAt: at(hoursAgo(1)),
      nextCheckDueAt: at(hoursAgo(-23)),
    })
    expect(failed).toMatchObject({ failedAt: at(hoursAgo(0.1)), nextCheckDueAt: at(hoursAgo(0.1 - 0.25)) })
    expect(failedLongAgo).toMatchObject({ failedAt: at(hoursAgo(20)), nextCheckDueAt: at(hoursAgo(6)) })
    expect(failedBeforeDue).toMatchObject({ nextCheckDueAt: at(hoursAgo(-0.25)) })
  })

  it('Pages have at most limit tags, follow one another without a gap, and the last one has no next', async () => {
    const seen: string[] = []
    const sizes: number[] = []
    let next: string | undefined = ''
    while (next !== undefined) {
      const { body } = await ask(`${ofRegistry}&prefix=quay&limit=2&next=${encodeURIComponent(next)}`)
      seen.push(...body.tags.map(({ repository, tag }) => `${repository}:${tag}`))
      sizes.push(body.tags.length)
      next = body.next
    }
    expect(sizes).toEqual([2, 2, 1])
    expect(seen).toEqual(await tagsOf('quay'))
  })

  it('A page reads a bounded number of records, however many were pushed among them', async () => {
    const { store } = emulator.deps
    const repository = 'many/app'
    for (let i = 0; i < 6_000; i++) {
      const tag = `v${String(i).padStart(5, '0')}`
      const upstream = i === 5_500 ? { upstream: { checkedAt: hoursAgo(1) } } : {}
      await store.tags.put(registry, keyOf(repository, tag), { repository, tag, digest, ...upstream })
    }
    const first = await ask(`${ofRegistry}&prefix=many`)
    expect(first.body).toMatchObject({ tags: [], next: 'many/app v04999' })
    const second = await ask(`${ofRegistry}&prefix=many&next=${encodeURIComponent(first.body.next!)}`)
    expect(second.body.tags).toMatchObject([{ tag: 'v05500' }])
    expect(second.body.next).toBeUndefined()
  })

  it('A prefix without a rule is answered with 404 and a sentence', async () => {
    expect(await ask(`${ofRegistry}&prefix=ghcr`)).toEqual({
      status: 404,
      body: {
        message: `There is no pull through cache rule with the prefix ghcr in account ${account} in ${region}: DescribePullThroughCacheRules lists those that there are`,
      },
    })
  })

  it.each([
    ['', 'account must be an account id of 12 digits, such as 123456789012; got none'],
    ['account=12', 'account must be an account id of 12 digits, such as 123456789012; got "12"'],
    [`account=${account}`, 'region must be a Region, such as us-east-1; got none'],
    [`account=${account}&region=here`, 'region must be a Region, such as us-east-1; got "here"'],
    [ofRegistry, 'prefix must be the ecrRepositoryPrefix of a rule, such as docker-hub or ROOT; got none'],
    [`${ofRegistry}&prefix=`, 'prefix must be the ecrRepositoryPrefix of a rule, such as docker-hub or ROOT; got none'],
    [`${ofRegistry}&prefix=a&prefix=b`, 'prefix must be given once'],
    [`${ofRegistry}&prefix=quay&limit=0`, 'limit must be a whole number from 1 to 1000; got "0"'],
    [`${ofRegistry}&prefix=quay&limit=1001`, 'limit must be a whole number from 1 to 1000; got "1001"'],
    [`${ofRegistry}&prefix=quay&limit=-1`, 'limit must be a whole number from 1 to 1000; got "-1"'],
  ])('The query "%s" is refused with 400 and what it must be', async (query, message) => {
    expect(await ask(query)).toEqual({ status: 400, body: { message } })
  })

  it('A page that begins at a key of no tag is the rest of the list, or empty', async () => {
    expect((await ask(`${ofRegistry}&prefix=quay&next=~`)).body.tags).toEqual([])
    expect((await ask(`${ofRegistry}&prefix=quay&next=%00`)).body.tags).toHaveLength(5)
  })
})
