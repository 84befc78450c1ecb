import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificateFiles } from '../../src/adapters/x509/certificate-files.js'
import { certs } from '../../src/cli/certs-command.js'
import { defaultConfig } from '../../src/config/config.js'
import { UsageError } from '../../src/config/usage-error.js'
import { runCli } from '../support/run-cli.js'

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-certs-'))
afterAll(() => rmSync(cwd, { recursive: true }))

let dir: string
beforeEach(() => {
  dir = join(mkdtempSync(join(cwd, 'dir-')), 'certs')
})
const read = (name: string) => readFileSync(join(dir, name), 'utf8')
const certificate = (name: string) => new X509Certificate(read(name))
const make = (names: string[] = [], config = {}) => certs({ ...defaultConfig, ...config }, { dir, names })
const DAY_MS = 86_400_000

describe('ecr-local certs', () => {
  it('ecr-local certs creates an authority and a certificate signed by it, valid for 398 days', async () => {
    await make()
    const [authority, server] = [certificate('ca.crt'), certificate('server.crt')]
    expect(authority.ca).toBe(true)
    expect(authority.verify(authority.publicKey)).toBe(true)
    expect(server.ca).toBe(false)
    expect(server.checkIssued(authority) && server.verify(authority.publicKey)).toBe(true)
    expect(server.checkPrivateKey(createPrivateKey(read('server.key')))).toBe(true)
    expect(Date.parse(server.validTo) - Date.parse(server.validFrom)).toBe(398 * DAY_MS)
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  it('ecr-local certs covers the names in use and the names that are given', async () => {
    await make(['registry.test', '*.apps.test', '10.0.0.7', 'fd00::7'], {
      ...{ host: '192.0.2.7', registryHost: '{account}.dkr.ecr.{region}.localhost:{port}' },
      ...{ dataPlane: 'http://data-plane:4510' },
    })
    const server = certificate('server.crt')
    const names = ['localhost', hostname(), 'data-plane', 'registry.test', 'a.apps.test']
    for (const name of [...names, '111122223333.dkr.ecr.us-east-1.localhost'])
      expect(server.checkHost(name)).toBeDefined()
    for (const address of ['127.0.0.1', '::1', '192.0.2.7', '10.0.0.7', 'fd00::7'])
      expect(server.checkIP(address)).toBe(address)
    expect(server.checkHost('elsewhere.test')).toBeUndefined()
    expect(server.checkIP('10.0.0.8')).toBeUndefined()
  })

  it('ecr-local certs --json prints the names and the files', async () => {
    const report = await certs(defaultConfig, { dir, names: ['registry.test'], json: true })
    expect(JSON.parse(report)).toEqual({
      names: expect.arrayContaining(['localhost', 'registry.test']),
      certificate: expect.stringMatching(/server\.crt$/),
      key: expect.stringMatching(/server\.key$/),
      authority: expect.stringMatching(/ca\.crt$/),
    })
  })

  it('ecr-local certs makes keys readable by their owner only', async () => {
    await make()
    for (const name of ['ca.key', 'server.key']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
    for (const name of ['ca.crt', 'server.crt']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o644)
  })

  it('ecr-local certs reuses its authority and keys, so that clients need not trust a new one', async () => {
    await make()
    const before = { ca: read('ca.crt'), caKey: read('ca.key'), key: read('server.key'), server: read('server.crt') }
    await make(['registry.test'])
    expect({ ca: read('ca.crt'), caKey: read('ca.key'), key: read('server.key') }).toEqual({
      ...{ ca: before.ca, caKey: before.caKey, key: before.key },
    })
    expect(read('server.crt')).not.toBe(before.server)
    expect(certificate('server.crt').checkHost('registry.test')).toBe('registry.test')
  })

  it('ecr-local certs keeps the names of the certificate that it renews', async () => {
    await make(['registry.test', '10.0.0.7', 'fd00::7'])
    const before = certificate('server.crt').subjectAltName
    expect(await make()).toContain('registry.test, 10.0.0.7, fd00::7.')
    expect(certificate('server.crt').subjectAltName).toBe(before)
  })

  it('ecr-local certs tells every kind of client how to trust the authority', async () => {
    const text = await make()
    const authority = join(dir, 'ca.crt')
    expect(text).toContain(`--tls-cert ${join(dir, 'server.crt')} --tls-key ${join(dir, 'server.key')}`)
    expect(text).toContain(`cp ${authority} /etc/docker/certs.d/localhost:4566/ca.crt`)
    expect(text).toContain('/etc/containerd/certs.d/localhost:4566/hosts.toml')
    expect(text).toContain('/etc/rancher/k3s/registries.yaml')
    expect(text).toContain(`AWS_CA_BUNDLE=${authority}`)
    expect(text).toContain(`NODE_EXTRA_CA_CERTS=${authority}`)
  })

  it.each([
    [['registry.internal', '10.0.0.7'], 'registry.internal:4566'],
    [['*.apps.internal', 'registry.internal'], 'registry.internal:4566'],
    [['fd00::7'], '[fd00::7]:4566'],
  ])('The instructions of ecr-local certs use a name that was given: %j', async (names, registry) => {
    const text = await make(names)
    expect(text).toContain('server.key --host 0.0.0.0\n')
    expect(text).toContain(`/etc/docker/certs.d/${registry}/ca.crt`)
    expect(text).toContain(`/etc/containerd/certs.d/${registry}/hosts.toml`)
    expect(text).toContain(`server = "https://${registry}"`)
    expect(text).not.toContain('localhost:4566')
  })

  it('The instructions of ecr-local certs leave out port 443, as image names do', async () => {
    const name = '000000000000.dkr.ecr.us-east-1.amazonaws.com'
    const text = await make([name], { port: 443 })
    expect(text).toContain('--port 443 --host 0.0.0.0\n')
    expect(text).toContain(`/etc/docker/certs.d/${name}/ca.crt`)
  })

  it('ecr-local certs prints the names of the certificate and where the files are', async () => {
    const { code, stdout, stderr } = await runCli(['certs', 'registry.test', '--dir', 'here'], { cwd })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^A certificate for localhost, 127\.0\.0\.1, ::1, .*registry\.test\.$/m)
    expect(stdout).toContain(join(cwd, 'here', 'server.crt'))
  })
})

describe('refusals of ecr-local certs', () => {
  const other = (name: string) => writeFileSync(join(dir, name), 'somebody else’s')
  const refusal = async (attempt: Promise<unknown>) => {
    const error: unknown = await attempt.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }

  it.each(['https://registry.test', 'registry.test:4510', 'a.*.test', '10.0.0.300/8', ''])(
    'ecr-local certs refuses the name %j',
    async (name) => {
      expect(await refusal(make([name]))).toMatch(/is neither a host name nor an address/)
    },
  )

  it.each(['ca.crt', 'ca.key', 'server.crt', 'server.key'])(
    'ecr-local certs changes nothing where only %s exists',
    async (name) => {
      mkdirSync(dir)
      other(name)
      expect(await refusal(make())).toMatch(/choose another --dir/)
      expect(read(name)).toBe('somebody else’s')
    },
  )

  it('ecr-local certs does not replace a certificate and key of another authority', async () => {
    await make()
    const [certificateOfOther, keyOfOther] = [read('server.crt'), read('server.key')]
    rmSync(dir, { recursive: true })
    mkdirSync(dir)
    writeFileSync(join(dir, 'server.crt'), certificateOfOther)
    writeFileSync(join(dir, 'server.key'), keyOfOther)
    expect(await refusal(make())).toMatch(/were not made here/)
    expect([read('server.crt'), read('server.key')]).toEqual([certificateOfOther, keyOfOther])
  })

  it('An authority that expires before its certificate would is refused', async () => {
    const wanted = { dir, names: ['localhost'], madeOn: 'here' }
    mkdirSync(dir)
    await makeCertificateFiles({ ...wanted, now: new Date('2020-01-01') })
    const late = makeCertificateFiles({ ...wanted, now: new Date('2029-06-01') })
    await expect(late).rejects.toThrow(/The authority in .*ca\.crt ends on .* 2029 GMT: remove it and its key/)
  })

  it.skipIf(process.getuid?.() === 0)('ecr-local certs refuses a read-only directory (skipped as root)', async () => {
    mkdirSync(dir)
    chmodSync(dir, 0o500)
    expect(await refusal(make())).toMatch(/EACCES/)
  })

  it('ecr-local certs refuses a directory that is a file', async () => {
    writeFileSync(dir, '')
    expect(await refusal(make())).toMatch(
      /^Certificates cannot be written to .* \(EEXIST\): name a directory .* --dir$/,
    )
  })
})
