import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { lmdbKeyValue } from '../../src/adapters/lmdb/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { storeOf } from '../../src/store/store-of.js'
import { registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { digestOf } from '../support/upstream-content.js'

/** The content of files beside the data directory, which must never be served or changed. */
const beside = 'this file lies beside the data directory'
const hex = 'a'.repeat(64)
const upload = '/v2/app/blobs/uploads'
const id = '00000000-0000-4000-8000-000000000001'

/** Spellings of path traversals, and of names that must never reach the file system. */
const climbs = [
  '../beside.txt',
  '../../beside.txt',
  '../../../../../../../../etc/passwd',
  '..',
  '.',
  './',
  '....//beside.txt',
  '..\\beside.txt',
  '..\\..\\beside.txt',
  '..;/beside.txt',
  '%2e%2e/beside.txt',
  '%2e%2e%2fbeside.txt',
  '..%2fbeside.txt',
  '..%2f..%2fbeside.txt',
  '%2E%2E%2F%2E%2E%2Fbeside.txt',
  '..%5cbeside.txt',
  '%252e%252e%252fbeside.txt',
  '..%252fbeside.txt',
  '..%c0%afbeside.txt',
  '%c0%ae%c0%ae/beside.txt',
  '%uff0e%uff0e/beside.txt',
  '..%00/beside.txt',
  'beside.txt%00',
  '%00',
  '%0d%0aX-Injected:%201',
  '%0a',
  '%7f',
  '%20',
  '%2f%2fetc%2fpasswd',
  '/etc/passwd',
  'file:///etc/passwd',
  'C:\\windows',
  'con',
  '~',
  '$HOME',
  '`id`',
  '__proto__',
  'constructor',
  'a'.repeat(5000),
  `${'a/'.repeat(3000)}a`,
  '../'.repeat(2000) + 'beside.txt',
  'é',
  '%F0%9F%98%80',
  '%ff%fe',
]

/** Malformed digests: other alphabets, lengths and algorithms, and paths in place of the hexadecimal digits. */
const digests = [
  'sha256:',
  'sha256:..',
  `sha256:../../${'a'.repeat(58)}`,
  `sha256:..%2f..%2f${'a'.repeat(58)}`,
  `sha256:${hex.toUpperCase()}`,
  `sha256:${'g'.repeat(64)}`,
  `sha256:${'а'.repeat(64)}`,
  `sha256:${'٠'.repeat(64)}`,
  `sha256:${hex}a`,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex}/../../beside.txt`,
  `sha256:${hex}%00`,
  `sha256:${hex}%0a`,
  `sha256:%2e%2e`,
  `sha512:${hex}`,
  `sha1:${'a'.repeat(40)}`,
  `md5:${'a'.repeat(32)}`,
  `blobs:${hex}`,
  `..:${hex}`,
  `../tmp:${hex}`,
  `sha256:sha256:${hex}`,
  `sha256%3a..%2f..`,
  `SHA256:${hex}`,
  `sha256:${'a'.repeat(9000)}`,
]

const percent = (text: string) => text.replace(/[^\x21-\x7e]/gu, encodeURIComponent)

describe('hostile paths', () => {
  let running: RunningRegistry
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>
  let layer: string
  beforeAll(async () => {
    directory = await temporaryDirectory()
    const root = join(directory.path, 'data')
    await mkdir(root)
    await writeFile(join(directory.path, 'beside.txt'), beside)
    await writeFile(join(root, 'beside.txt'), beside)
    const store = storeOf(lmdbKeyValue({ path: join(root, 'state') }))
    running = await startRegistry({ store, blobs: filesystemBlobStore({ root, ids: randomIds }) })
    await running.createRepository('app')
    layer = (await running.push('app', { tag: 'latest' })).config
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
    await running.deps.store.close()
    await directory[Symbol.asyncDispose]()
  })

  /** Sends the target exactly as written, where a client library would normalize it. Rejects if no answer comes. */
  function raw(method: string, target: string, body = '', more = ''): Promise<string> {
    const head = [
      `${method} ${target} HTTP/1.1`,
      `host: ${running.host}`,
      `authorization: ${running.tokenOf()}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ]
    return new Promise((resolve, reject) => {
      const socket = connect(running.port, '127.0.0.1')
      const chunks: Buffer[] = []
      socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${method} ${target.slice(0, 100)}`)))
      socket.on('data', (chunk) => chunks.push(chunk))
      socket.once('error', reject)
      socket.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
      socket.write(`${head.join('\r\n')}\r\n${more}\r\n${body}`)
    })
  }
  const statusIn = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])

  async function isRefused(method: string, target: string, body = '') {
    const answer = await raw(method, target, body)
    const what = `${method} ${target.slice(0, 120)}: ${answer.slice(0, 300)}`
    expect(statusIn(answer), what).toBeGreaterThanOrEqual(400)
    expect(statusIn(answer), what).toBeLessThan(500)
    expect(answer, what).not.toContain(beside)
    expect(answer, what).not.toContain('root:')
    expect(answer.toLowerCase(), what).not.toContain('\r\nx-injected')
  }

  const files = async () =>
    Promise.all([
      readdir(directory.path),
      readFile(join(directory.path, 'beside.txt'), 'utf8'),
      readFile(join(directory.path, 'data', 'beside.txt'), 'utf8'),
      readdir(join(directory.path, 'data')),
    ])
  const own = ['beside.txt', 'blobs', 'notes', 'quarantine', 'state', 'tmp', 'uploads']
  const untouched = [['beside.txt', 'data'], beside, beside, own]

  const targets: Record<string, (trick: string) => [method: string, target: string, body?: string][]> = {
    'repository name': (name) => [
      ['GET', `/v2/${name}/manifests/latest`],
      ['GET', `/v2/${name}/blobs/${layer}`],
      ['GET', `/v2/${name}/tags/list`],
      ['POST', `/v2/${name}/blobs/uploads/`],
      ['PUT', `/v2/${name}/manifests/latest`, '{}'],
      ['GET', `/v2/app/../${name}/manifests/latest`],
    ],
    'tag or digest': (reference) => [
      ['GET', `/v2/app/manifests/${reference}`],
      ['PUT', `/v2/app/manifests/${reference}`, '{}'],
      ['DELETE', `/v2/app/manifests/${reference}`],
      ['GET', `/v2/app/referrers/${reference}`],
    ],
    layer: (digest) => [
      ['GET', `/v2/app/blobs/${digest}`],
      ['HEAD', `/v2/app/blobs/${digest}`],
      ['POST', `${upload}/?digest=${digest}`, 'x'],
      ['PUT', `${upload}/${id}?digest=${digest}`, 'x'],
    ],
    upload: (reference) => [
      ['GET', `${upload}/${reference}`],
      ['PATCH', `${upload}/${reference}`, 'x'],
      ['PUT', `${upload}/${reference}?digest=${digestOf(Buffer.from('x'))}`, 'x'],
      ['DELETE', `${upload}/${reference}`],
    ],
    'whole path': (path) => [
      ['GET', `/${path}`],
      ['GET', `/v2/${path}`],
      ['GET', `/v2/../${path}`],
      ['GET', `/_layers/${path}`],
      ['GET', `/_layers?digest=${path}`],
      ['POST', `/_imports/${path}`, '{}'],
      ['GET', `http://${running.host}/v2/${path}`],
      ['GET', `file:///${path}`],
    ],
  }

  it.each(Object.entries(targets))('A hostile %s is refused and no file is touched', async (place, requests) => {
    const error = vi.spyOn(running.deps.log, 'error')
    const tricks = place === 'layer' || place === 'tag or digest' ? [...digests, ...climbs] : climbs
    for (const trick of tricks) {
      for (const [method, target, body] of requests(percent(trick))) await isRefused(method, target, body)
    }
    expect(error.mock.calls).toEqual([])
    error.mockRestore()
    expect(await files()).toEqual(untouched)
  })

  it('Hostile values in the query of a mount or a list expose no file', async () => {
    for (const trick of climbs.map(percent)) {
      const mounted = await raw('POST', `${upload}/?mount=${layer}&from=${trick}`)
      expect([202, 400, 405, 431], trick.slice(0, 80)).toContain(statusIn(mounted))
      await isRefused('POST', `${upload}/?mount=${trick}&from=app`)
      for (const list of ['tags/list', `referrers/sha256:${hex}`]) {
        const answer = await raw('GET', `/v2/app/${list}?n=5&last=${trick}`)
        expect(statusIn(answer), `${list} ${trick.slice(0, 80)}`).toBeLessThan(500)
        expect(answer).not.toContain(beside)
      }
    }
    expect(await files()).toEqual(untouched)
  })

  it.each([
    ['a target of one asterisk', 'OPTIONS', '*'],
    ['a target without a slash', 'GET', 'v2/'],
    ['the absolute form of another host', 'GET', 'http://evil.example/v2/app/tags/list'],
    ['an absolute form with a password', 'GET', 'http://AWS:x@localhost/v2/'],
    ['the authority form', 'GET', 'localhost:4510'],
    ['two slashes first', 'GET', '//v2/app/tags/list'],
    ['a fragment', 'GET', '/v2/app/tags/list#/../..'],
    ['a parameter', 'GET', '/v2/app;/tags/list'],
    ['an unknown method', 'PROPFIND', '/v2/app/tags/list'],
    ['TRACE', 'TRACE', '/v2/app/tags/list'],
  ])('A request with %s is refused with a 4xx status', async (_, method, target) => {
    await isRefused(method, target)
  })

  it.each([
    ['a space in the target', 'GET /v2/app/ tags/list HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a NUL in the target', 'GET /v2/app/\0 HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['no host', 'GET /v2/app/tags/list HTTP/1.1\r\n\r\n'],
    [
      'two lengths',
      'POST /v2/app/blobs/uploads/ HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
    ],
    [
      'length and chunks',
      'POST /v2/ HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a folded header', 'GET /v2/ HTTP/1.1\r\nhost: x\r\nauthorization: Basic\r\n x\r\nconnection: close\r\n\r\n'],
    ['another protocol', 'GET /v2/ HTTP/9.9\r\nhost: x\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ])('A malformed HTTP request is refused with a 4xx status: %s', async (_, text) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(running.port, '127.0.0.1', () => socket.write(text))
      let received = ''
      socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
      socket.on('data', (chunk) => (received += chunk.toString('latin1')))
      socket.once('error', reject)
      socket.once('close', () => resolve(received))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
  })

  it('The registry serves its image unchanged after all hostile requests', async () => {
    expect((await running.send('GET', `/v2/app/blobs/${layer}`)).status).toBe(200)
    expect((await running.send('GET', '/v2/_catalog')).body.toString()).toBe('{"repositories":["app"]}')
    expect((await running.deps.store.tags.list(registry, { limit: 10 })).items.map(({ tag }) => tag)).toEqual([
      'latest',
    ])
    expect(await files()).toEqual(untouched)
  })
})
