import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { authorityCertificate, type CertificateAndKey, namesIn, newKey, serverCertificate } from './issue.js'

/** The files, by what they hold. */
export interface CertificateFiles {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/** The files, and the names in the certificate: the requested ones and those of the certificate it replaces. */
export interface CertificateResult extends CertificateFiles {
  readonly names: readonly string[]
}

/** What to make certificate files of, and where. */
export interface CertificateRequest {
  /** An existing directory. */
  readonly dir: string
  /** Names and addresses of the server. */
  readonly names: readonly string[]
  /** A part of the authority's name, which is shown in lists of trusted authorities. */
  readonly madeOn: string
  readonly now: Date
}

/**
 * Makes a server certificate signed by the authority in the same directory, and that authority if there is none yet.
 * Existing keys are reused, so a renewed certificate needs no new trust and fits the key of a running server; the names
 * of the old certificate are kept. Throws errors of one line each if existing files were not made by ecr-local.
 */
export async function makeCertificateFiles({
  dir,
  names,
  madeOn,
  now,
}: CertificateRequest): Promise<CertificateResult> {
  const file = (name: string) => resolve(join(dir, name))
  const files = { authority: file('ca.crt'), certificate: file('server.crt'), key: file('server.key') }
  const authority = await authorityIn(files.authority, file('ca.key'), madeOn, now)
  const key = serverKeyIn(files, authority.certificate)
  const previousNames = existsSync(files.certificate) ? namesIn(textIn(files.certificate)) : []
  const allNames = [...new Set([...names, ...previousNames])]
  const certificate = await serverCertificate(allNames, key, authority, now)
  requireLongerLife(files.authority, authority.certificate, certificate)
  writeWhole(files.certificate, certificate)
  return { ...files, names: allNames }
}

/** The start of the subject of an authority that ecr-local made. */
const AUTHORITY = 'CN=ecr-local on '

async function authorityIn(file: string, keyFile: string, madeOn: string, now: Date): Promise<CertificateAndKey> {
  if (!existsSync(file) && !existsSync(keyFile)) {
    const key = newKey()
    const certificate = await authorityCertificate(`ecr-local on ${madeOn}`, key, now)
    writeKey(keyFile, key)
    writeWhole(file, certificate)
    return { certificate, key }
  }
  const existing = { certificate: textIn(file), key: textIn(keyFile) }
  const { isAuthority, isOurs } = inspect(existing)
  if (isAuthority && isOurs) return existing
  throw new Error(`${file} and ${keyFile} are not an authority that was made here: choose another --dir.`)
}

/** The existing key, if its certificate was issued by this authority, or a new one. */
function serverKeyIn({ certificate, key }: CertificateFiles, authority: string): string {
  if (!existsSync(certificate) && !existsSync(key)) {
    const generated = newKey()
    writeKey(key, generated)
    return generated
  }
  const existing = { certificate: textIn(certificate), key: textIn(key) }
  const { isOurs, certificate: server } = inspect(existing)
  const issuer = new X509Certificate(authority)
  if (isOurs && server.checkIssued(issuer) && server.verify(issuer.publicKey)) return existing.key
  throw new Error(
    `${certificate} and ${key} were not made here: choose another --dir, or remove both and make new ones.`,
  )
}

/** Parses a certificate, and checks that the key belongs to it and is of the kind that ecr-local makes. */
function inspect({ certificate: pem, key }: CertificateAndKey) {
  try {
    const certificate = new X509Certificate(pem)
    const secret = createPrivateKey(key)
    const isOurs = secret.asymmetricKeyType === 'ec' && certificate.checkPrivateKey(secret)
    return { certificate, isAuthority: certificate.ca && certificate.subject.startsWith(AUTHORITY), isOurs }
  } catch (error) {
    throw new Error(
      `The existing files are not a certificate and its key (${(error as Error).message}): choose another --dir.`,
      {
        cause: error,
      },
    )
  }
}

function requireLongerLife(file: string, authority: string, server: string): void {
  const { validTo } = new X509Certificate(authority)
  const { validTo: serverValidTo } = new X509Certificate(server)
  if (Date.parse(validTo) >= Date.parse(serverValidTo)) return
  throw new Error(
    `The authority in ${file} ends on ${validTo}: remove it and its key, and the other files here, and make new ones.`,
  )
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'it does not exist, but its counterpart does' : String(code)
    throw new Error(`${file} cannot be read (${reason}): choose another --dir.`, { cause: error })
  }
}

const writeKey = (file: string, key: string) => writeFileSync(file, key, { flag: 'wx', mode: 0o600, flush: true })

/** Replaces the file atomically: a plane that reads it on SIGHUP gets the old or the new one, never a part. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o644, flush: true })
  renameSync(draft, file)
}
