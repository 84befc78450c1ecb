import { describe, expect, it, vi } from 'vitest'
import { keyOf } from '../../src/registry/ports/store.js'
import { allowing, registry, startedAt, startRegistry } from '../support/registry.js'

describe('time of the last pull', () => {
  async function withImage() {
    const policies = [allowing('ecr:*')]
    const trusted = { Effect: 'Allow', Principal: { AWS: registry.account }, Action: 'sts:AssumeRole' }
    const trustPolicy = { Version: '2012-10-17', Statement: [trusted] }
    const roles = { scanner: { trustPolicy, policies } }
    const users = { developer: { policies } }
    const running = await startRegistry({ accounts: { [registry.account]: { roles, users } } })
    await running.createRepository('app')
    const { digest } = await running.push('app', { tag: 'latest' })
    const update = vi.spyOn(running.deps.store.images, 'update')
    const lastPulledAt = async () => (await running.deps.store.images.get(registry, keyOf('app', digest)))?.lastPulledAt
    const pull = (method = 'GET', reference = 'latest') => running.send(method, `/v2/app/manifests/${reference}`)
    const dispose = () => running[Symbol.asyncDispose]()
    return { running, digest, update, lastPulledAt, pull, [Symbol.asyncDispose]: dispose }
  }

  it('A pull by tag or by digest records the time of the last pull to the minute', async () => {
    await using subject = await withImage()
    const { running, digest, update, lastPulledAt, pull } = subject
    await pull()
    await vi.waitFor(async () => expect(await lastPulledAt()).toBe(startedAt.getTime()), 30_000)

    await running.deps.clock.advance(59)
    await pull()
    await running.deps.clock.advance(1)
    await pull('GET', digest)
    await vi.waitFor(async () => expect(await lastPulledAt()).toBe(startedAt.getTime() + 60_000), 30_000)
    expect(update).toHaveBeenCalledTimes(2)
  })

  it('HEAD of a manifest does not change the time of the last pull', async () => {
    await using subject = await withImage()
    const { update, pull } = subject
    await pull('HEAD')

    expect(update).not.toHaveBeenCalled()
  })

  it('Twenty concurrent pulls record their time with one write, which no pull waits for', async () => {
    await using subject = await withImage()
    const { update, pull } = subject
    let finishWriting = () => {}
    const writing = new Promise<undefined>((resolve) => (finishWriting = () => resolve(undefined)))
    update.mockReturnValue(writing)
    const answers = await Promise.all(Array.from({ length: 20 }, () => pull()))

    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200))
    expect(update).toHaveBeenCalledTimes(1)
    finishWriting()
  })

  it('A pull whose time cannot be recorded succeeds, and a warning is logged', async () => {
    await using subject = await withImage()
    const { running, update, pull } = subject
    const warn = vi.spyOn(running.deps.log, 'warn')
    update.mockRejectedValue(new Error('the disk is full'))

    expect((await pull()).status).toBe(200)
    await vi.waitFor(() => expect(warn).toHaveBeenCalledWith(expect.anything(), 'a pull could not be recorded'), 30_000)
  })

  it('A pull by an excluded role is not recorded, whatever its session', async () => {
    await using subject = await withImage()
    const { running, lastPulledAt, pull } = subject
    const { store } = running.deps
    const roleArn = `arn:aws:iam::${registry.account}:role/scanner`
    await store.pullTimeExclusions.put(registry, roleArn, { principalArn: roleArn, createdAt: 0 })
    const arn = `arn:aws:sts::${registry.account}:assumed-role/scanner/nightly`
    const principal = { arn, account: registry.account, userId: 'AROASCANNER:nightly', session: { roleArn } }
    const read = vi.spyOn(store.pullTimeExclusions, 'get')
    const authorization = running.tokenOf(principal)

    expect((await running.send('GET', '/v2/app/manifests/latest', { headers: { authorization } })).status).toBe(200)
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(1), 30_000)
    expect(await lastPulledAt()).toBeUndefined()
    await pull()
    await vi.waitFor(async () => expect(await lastPulledAt()).toBe(startedAt.getTime()), 30_000)
  })
})
