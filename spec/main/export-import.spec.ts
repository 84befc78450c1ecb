import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeWith, redisNeeds } from '../support/describe-with.js'
import { emulatorProcess } from '../support/emulator-process.js'
import { startRedis } from '../support/redis.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { startCli } from '../support/run-cli.js'
import { runCommand } from '../support/run-command.js'
import { environmentOf } from '../support/s3-blobs.js'
import { startS3Server } from '../support/s3-server.js'
import { stateOnDisk } from '../support/state-on-disk.js'
import { makeImage } from '../support/upstream-content.js'

type State = Awaited<ReturnType<typeof stateOnDisk>>
const TAGS = ['v1', 'v2', 'v3']
const main = join(import.meta.dirname, '../../dist/ecr-local.cjs')

/** An installation with three images, and its archive. */
let source: State
let archive: string
let manifests: Buffer[]
beforeAll(async () => {
  source = await stateOnDisk()
  manifests = await source.running(async (at) => {
    await at.createRepository('team/app')
    for (const tag of TAGS) await at.pushImage('team/app', tag)
    return Promise.all(TAGS.map(async (tag) => (await at.get(`team/app/manifests/${tag}`)).body))
  })
  archive = join(source.dataDir, '..', 'state.tar')
  const { code, stderr, stdout } = await source.run('export', archive)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(
    /^Exported to .*state\.tar: 1 repository, 3 images, \d+ records and \d+ blobs \([\d.]+ KiB\)\.\n$/,
  )
})
afterAll(() => source[Symbol.asyncDispose]())

/** What pulls of all images return. */
async function pullsFrom(at: { get(path: string): Promise<{ status: number; body: Buffer }> }): Promise<Buffer[]> {
  const bodies: Buffer[] = []
  for (const tag of TAGS) {
    const { body } = await at.get(`team/app/manifests/${tag}`)
    const { layers } = JSON.parse(body.toString()) as { layers: { digest: string }[] }
    for (const { digest } of layers) expect((await at.get(`team/app/blobs/${digest}`)).status).toBe(200)
    bodies.push(body)
  }
  return bodies
}

describe('ecr-local export and import', () => {
  it('The file of an archive is readable for its owner only, and tar lists it', async () => {
    expect((await stat(archive)).mode & 0o777).toBe(0o600)
    const { stdout } = await runCommand('tar', ['tf', archive])
    expect(stdout.split('\n')[0]).toBe('ecr-local.json')
    expect(stdout).toContain('records/000000000000/us-east-1/images/000001.jsonl\n')
  })

  it('With --json, an export and an import print what they have moved, beside an archive on standard output', async () => {
    await using target = await stateOnDisk()
    const inJson = join(target.dataDir, '..', 'json.tar')
    const exported = await source.run('export', inJson, '--json')
    const { file, ...moved } = JSON.parse(exported.stdout) as Record<string, unknown>
    expect([exported.code, exported.stderr, file]).toEqual([0, '', inJson])
    expect(moved).toMatchObject({
      collections: { repositories: 1, images: 3 },
      records: { count: expect.any(Number), bytes: expect.any(Number) },
      blobs: { count: expect.any(Number), bytes: expect.any(Number) },
      absentBlobs: 0,
    })
    const { absentBlobs, ...held } = moved
    const imported = await target.run('import', inJson, '--json')
    expect([imported.code, imported.stderr]).toEqual([0, ''])
    expect(JSON.parse(imported.stdout)).toEqual({ file: inJson, ...held })

    const piped = await source.run('export', '-', '--json')
    expect(JSON.parse(piped.stderr)).toMatchObject({ file: '-', collections: held.collections, absentBlobs })
    expect(piped.stdout.slice(0, 14)).toBe('ecr-local.json')
  })

  it('An export overwrites nothing', async () => {
    const before = await readFile(archive)
    expect(await source.run('export', archive)).toMatchObject({
      code: 2,
      stderr: `ecr-local: ${archive} exists, and an export overwrites nothing: name another file\n`,
    })
    expect((await readFile(archive)).equals(before)).toBe(true)
    await writeFile(`${archive}2.tar.partial`, '')
    expect((await source.run('export', `${archive}2.tar`)).stderr).toContain(
      '.partial exists: another export writes it',
    )
  })

  it('Wrong operands and settings get one line that says what would be right', async () => {
    const lines = async (...args: string[]) => {
      const { code, stderr } = await source.run(...args)
      expect([code, stderr.split('\n').length]).toEqual([2, 2])
      return stderr
    }
    expect(await lines('export')).toContain('ecr-local export needs the file to write, or - for standard output')
    expect(await lines('export', 'state')).toContain('state does not end in .tar')
    expect(await lines('export', 'a.tar', 'b.tar')).toContain('b.tar is one argument too many')
    expect(await lines('export', 'no/such/directory/a.tar')).toContain('name a file in a directory that exists')
    expect(await lines('export', 'b.tar', '--store', 'memory')).toContain('--store memory stores nothing')
    expect(await lines('import', 'a.tar', 'team/app:v1')).toContain(
      'a.tar is an archive of state, which is imported alone',
    )
    expect(await lines('import', 'absent.tar')).toContain(
      'There is no file absent.tar. To import an image of that name',
    )
    expect(await lines('import', archive, '--store', 'memory')).toContain('needs a store that outlives it')
    expect(await lines('import', archive)).toContain('This installation is not empty')
    expect((await source.run('import', '--help')).stdout).toContain('FILE.tar')
  })

  it('An export under a load of pushes has every image that was there before, and none in part', async () => {
    await using busy = await stateOnDisk()
    await using target = await stateOnDisk()
    const exported = join(busy.dataDir, '..', 'busy.tar')
    const { pushed, countBefore } = await busy.running(async (at) => {
      await at.createRepository('load')
      const digests: string[] = []
      let isOver = false
      const push = async (writer: string) => {
        for (let number = 0; !isOver; number++)
          digests.push((await at.pushImage('load', `${writer}-latest`, `${writer}${number}`)).digest)
      }
      const pushing = Promise.all([push('a'), push('b')])
      while (digests.length < 6) await later(10)
      const count = digests.length
      expect(await busy.run('export', exported)).toMatchObject({ code: 0 })
      isOver = true
      await pushing
      return { pushed: digests, countBefore: count }
    })
    expect(pushed.length).toBeGreaterThan(countBefore)
    expect(await target.run('import', exported)).toMatchObject({ code: 0 })
    expect((await target.run('fsck')).stdout).toMatch(/: nothing is wrong\.\n$/)
    await target.running(async (at) => {
      const found = await Promise.all(pushed.map((digest) => at.get(`load/manifests/${digest}`)))
      expect(found.slice(0, countBefore).map(({ status }) => status)).toEqual(Array(countBefore).fill(200))
      for (const { body } of found.filter(({ status }) => status === 200)) {
        const { layers } = JSON.parse(body.toString()) as { layers: { digest: string }[] }
        for (const { digest } of layers) expect((await at.get(`load/blobs/${digest}`)).status).toBe(200)
      }
      for (const tag of ['a-latest', 'b-latest']) expect((await at.get(`load/manifests/${tag}`)).status).toBe(200)
    })
  })

  it('An export that is killed leaves no archive, and the next one is whole', async () => {
    await using large = await stateOnDisk()
    await using target = await stateOnDisk()
    await large.running(async (at) => {
      await at.createRepository('large')
      const { image, blobs } = makeImage({ seed: 'large', layers: 1, layerSize: 60_000_000 })
      for (const blob of blobs) await at.pushBlob('large', blob)
      await at.pushManifest('large', 'v1', image.bytes)
    })
    const file = join(large.dataDir, '..', 'large.tar')
    const options = { cwd: join(large.dataDir, '..') }
    await using killed = startCli(['export', file, '--data-dir', large.dataDir], options)
    while (!existsSync(`${file}.partial`)) await later(5)
    killed.signal('SIGKILL')
    expect((await killed.ended).code).toBeNull()
    expect(existsSync(file)).toBe(false)

    expect(await large.run('export', join(large.dataDir, '..', 'next.tar'))).toMatchObject({ code: 0 })
    expect(await target.run('import', join(large.dataDir, '..', 'next.tar'))).toMatchObject({ code: 0 })
    expect(await target.run('fsck')).toMatchObject({ code: 0 })
  })

  it('An import that is killed leaves nothing that can be seen, and the same command completes it', async () => {
    await using target = await stateOnDisk()
    await mkdir(target.dataDir, { recursive: true })
    const bytes = await readFile(archive)
    const child = spawn(process.execPath, [main, 'import', '-', '--data-dir', target.dataDir], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    // The last blob never arrives, so the import is in the middle of its work until it is killed.
    child.stdin.write(bytes.subarray(0, bytes.length - 2048))
    while (!existsSync(join(target.dataDir, 'blobs', 'sha256'))) await later(10)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))

    expect((await target.run('fsck')).stderr).toContain(' is not a data directory')
    expect(await target.run('import', archive)).toMatchObject({ code: 0 })
    expect((await target.run('fsck')).stdout).toBe((await source.run('fsck')).stdout)
    await target.running(async (at) => expect(await pullsFrom(at)).toEqual(manifests))
  })
})

describeWith(redisNeeds, 'Moving an installation', () => {
  it('Embedded state moves to Redis, from there to S3, and back, with equal pulls at every stop', async () => {
    await using redis = await startRedis()
    await using s3 = await startS3Server()
    await using back = await stateOnDisk()
    const env = { ...process.env, ...environmentOf(s3) }
    const cwd = join(source.dataDir, '..')
    const places = [
      ['--data-dir', source.dataDir],
      ['--data-dir', join(cwd, 'disk'), '--store', `${redis.url}/0`],
      ['--data-dir', join(cwd, 'spool'), '--store', `${redis.url}/1`, '--blobs', 's3://images/moved'],
      ['--data-dir', back.dataDir],
    ]
    for (const [index, to] of places.slice(1).entries()) {
      const from = places[index] ?? []
      const pipe = `"$0" "${main}" export - ${from.join(' ')} | "$0" "${main}" import - ${to.join(' ')}`
      const { stdout } = await runCommand('bash', ['-o', 'pipefail', '-c', `${pipe} 2>&1`, process.execPath], { env })
      expect(stdout).toMatch(/^Imported 1 repository, 3 images, \d+ records and \d+ blobs/)
      const [one, other] = await Promise.all(
        [from, to].map((place) => runCommand(process.execPath, [main, 'fsck', ...place], { env })),
      )
      expect(other?.stdout).toBe(one?.stdout)
      expect(other?.stdout).toMatch(/3 images checked: nothing is wrong/)
      const flags = { ...env, ...environmentFor(to) }
      await using emulator = await emulatorProcess({ dataDir: to[1] ?? '', env: flags })
      const at = registryClient(emulator, await authorizationToken(ecrClient(emulator)))
      expect(await pullsFrom(at)).toEqual(manifests)
    }
  })
})

/** The settings of a place as environment variables. */
const environmentFor = (place: readonly string[]) => ({
  ...(place[3] !== undefined && { ECR_LOCAL_STORE: place[3] }),
  ...(place[5] !== undefined && { ECR_LOCAL_BLOBS: place[5] }),
})
