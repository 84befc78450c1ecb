import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmulator } from '../support/emulator.js'
import { rawAnswers } from '../support/raw-http.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'

const SCRIPT = 'export const answer = 42\n'
const PAGE = '<!doctype html><title>ecr-local</title>'
const [scriptFile, plainFile] = ['assets/index-0f1e2d3c.js', 'assets/icon-4b5a6978.svg']

let directory: TemporaryDirectory
let emulator: Awaited<ReturnType<typeof startEmulator>>

beforeAll(async () => {
  directory = await temporaryDirectory()
  await build(join(directory.path, 'console'))
  await writeFile(join(directory.path, 'secret.txt'), 'secret')
  emulator = await startEmulator({ consoleDirectory: join(directory.path, 'console') })
})
afterAll(async () => {
  await emulator[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

/** Files as the build makes them: scripts and the page also compressed. */
async function build(to: string): Promise<void> {
  await mkdir(join(to, 'assets'), { recursive: true })
  await mkdir(join(to, '.vite'))
  await writeFile(join(to, '.vite/manifest.json'), '{"secret":"hidden"}')
  await writeFile(join(to, plainFile), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  for (const [name, text] of [
    [scriptFile, SCRIPT],
    ['index.html', PAGE],
  ] as const) {
    await writeFile(join(to, name), text)
    await writeFile(join(to, `${name}.br`), brotliCompressSync(text))
    await writeFile(join(to, `${name}.gz`), gzipSync(text))
  }
}

/** Requests a path as it is written, which clients would normalize. */
async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const lines = Object.entries({ host: 'localhost:4566', connection: 'close', ...headers })
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  const [answer] = await rawAnswers(emulator.endpoint, Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'))
  return answer!
}

describe('files of the console', () => {
  it('A file whose name has a hash may be kept for a year', async () => {
    expect(await get(`/console/${scriptFile}`)).toMatchObject({
      ...{ status: 200, body: SCRIPT },
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      },
    })
    expect((await get(`/console/${plainFile}`)).headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it.each([
    ['br', 'gzip, deflate, br, zstd'],
    ['gzip', 'gzip'],
    ['gzip', 'br;q=0, gzip;q=0.5'],
    [undefined, 'identity'],
    [undefined, 'br;q=0'],
  ])('A file is sent as %s to a browser that accepts %s', async (encoding, accepted) => {
    const answer = await fetch(`${emulator.endpoint}/console/${scriptFile}`, {
      headers: { 'accept-encoding': accepted },
    })
    expect(answer.headers.get('content-encoding')).toBe(encoding ?? null)
    expect([answer.headers.get('content-type')?.toLowerCase(), answer.headers.get('vary')]).toEqual([
      'text/javascript; charset=utf-8',
      'Accept-Encoding',
    ])
    expect(await answer.text()).toBe(SCRIPT)
    const { headers } = await get(`/console/${scriptFile}`, { 'accept-encoding': accepted })
    const compressed = encoding && { br: brotliCompressSync, gzip: gzipSync }[encoding as 'br' | 'gzip'](SCRIPT)
    expect(headers['content-length']).toBe(String(compressed?.length ?? SCRIPT.length))
  })

  it.each([
    '/console/',
    '/console/index.html',
    '/console/123456789012/us-east-1/pull-through-cache',
    '/console/123456789012/us-east-1/images/team/app.v2.js?tag=1.0',
    '/console/?from=bookmark',
    '/console/%E0%A4%A',
  ])('The page %s is index.html, which is never kept', async (path) => {
    const answer = await get(path)
    if (path.endsWith('%A')) return expect(answer.status).toBe(400)
    expect(answer).toMatchObject({
      ...{ status: 200, body: PAGE },
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    })
    expect([answer.headers.etag, answer.headers['last-modified']]).toEqual([undefined, undefined])
  })

  it('A HEAD request gets the headers alone', async () => {
    const { status, headers, body } = await get('/console/', {}, 'HEAD')
    expect([status, headers['content-length'], body]).toEqual([200, String(PAGE.length), ''])
  })

  it.each(['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'])(
    'A file without ETag and time is sent whatever %s says',
    async (name) => {
      for (const value of ['*', '"x"', 'Wed, 21 Oct 2015 07:28:00 GMT', 'Wed, 21 Oct 2065 07:28:00 GMT']) {
        expect(await get(`/console/${scriptFile}`, { [name]: value })).toMatchObject({ status: 200, body: SCRIPT })
        expect(await get('/console/a/page', { [name]: value })).toMatchObject({ status: 200, body: PAGE })
      }
    },
  )

  it('A missing asset is a 404, which no cache keeps', async () => {
    for (const path of ['/console/assets/index-ffffffff.js', '/console/assets/'])
      expect(await get(path, { 'accept-encoding': 'br' })).toMatchObject({
        ...{ status: 404, body: 'The console has no such file\n' },
        headers: { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' },
      })
  })

  it('The address without its last slash leads to the console', async () => {
    expect(await get('/console')).toMatchObject({ status: 302, headers: { location: '/console/' } })
    expect(await get('/console?a=/b')).toMatchObject({ status: 302, headers: { location: '/console/?a=/b' } })
    expect(await get('/console?a=?b')).toMatchObject({ status: 302, headers: { location: '/console/?a=?b' } })
    expect((await get('/console//evil.example')).status).toBe(200)
    expect((await get('/consoles/')).status).toBe(404)
    expect((await get('/CONSOLE/')).status).toBe(404)
  })

  it('A browser that opens the address of the API is led to the console, a program is not', async () => {
    const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
    expect(await get('/', browser)).toMatchObject({ status: 302, headers: { location: '/console/', vary: 'accept' } })
    expect((await get('/', { accept: '*/*' })).status).toBe(404)
    expect((await get('/other', browser)).status).toBe(404)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is not allowed', async (method) => {
    expect(await get('/console/', { 'content-length': '0' }, method)).toMatchObject({
      ...{ status: 405, body: `${method} is not allowed for the console: send GET or HEAD\n` },
      headers: { allow: 'GET, HEAD' },
    })
  })

  it.each([
    '/console/../secret.txt',
    '/console/..%2fsecret.txt',
    '/console/%2e%2e/secret.txt',
    '/console/%2e%2e%2fsecret.txt',
    '/console/assets/../../secret.txt',
    '/console/assets/..%2f..%2fsecret.txt',
    '/console/..%5csecret.txt',
    '/console/..\\secret.txt',
    '/console//../secret.txt',
    '/console/%00/secret.txt',
    '/console/index.html%00.js',
    '/console/.vite/manifest.json',
    '/console/%2evite/manifest.json',
    '/console/assets/%252e%252e/%252e%252e/secret.txt',
    'http://localhost:4566/console/../secret.txt',
    '/console/file:///etc/passwd',
  ])('The path %s leads to no file outside', async (path) => {
    const { status, body } = await get(path, { 'accept-encoding': 'br' })
    expect(body).not.toMatch(/secret|hidden|root:/)
    expect([200, 400, 404]).toContain(status)
  })

  it('Every answer has the headers that keep pages of other origins away', async () => {
    for (const [path, method] of [
      ['/console/', 'GET'],
      ['/console', 'GET'],
      [`/console/${scriptFile}`, 'GET'],
      ['/console/assets/none', 'GET'],
      ['/console/%E0%A4%A', 'GET'],
      ['/console/', 'POST'],
    ] as const) {
      const { headers } = await get(path, { 'content-length': '0' }, method)
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; /),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/)
      expect(
        Object.keys(headers).filter((name) => name.startsWith('access-control-') || name === 'x-powered-by'),
      ).toEqual([])
    }
  })
})

describe('console that is not there', () => {
  it('Before the build the answer says what to do, and after it the console is there', async () => {
    await using own = await temporaryDirectory()
    const consoleDirectory = join(own.path, 'console')
    await using other = await startEmulator({ consoleDirectory })
    const ask = async (path: string) => {
      const answer = await fetch(`${other.endpoint}/console/${path}`, { headers: { 'accept-encoding': 'br' } })
      return [answer.status, answer.headers.get('content-encoding'), await answer.text()]
    }
    const notBuilt = [404, null, 'The console is not built: npm run build\n']
    expect(await ask('')).toEqual(notBuilt)
    await build(consoleDirectory)
    expect(await ask('')).toEqual([200, 'br', PAGE])
    await rm(consoleDirectory, { recursive: true })
    expect(await ask('')).toEqual(notBuilt)
    expect(await ask(scriptFile)).toEqual([404, null, 'The console has no such file\n'])
  })
})
