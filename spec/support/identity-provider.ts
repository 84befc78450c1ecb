import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.js'

/** An OpenID Connect identity provider: it signs tokens, and its public keys are in a file. */
export interface IdentityProvider extends AsyncDisposable {
  readonly host: string
  readonly jwksFile: string
  /** A token with these claims beside issuer and lifetime; a claim that is undefined is left out. */
  token(claims?: Claims, options?: TokenOptions): Promise<string>
  /** Writes a new key to the file of public keys and signs with it. */
  rotate(): Promise<void>
}

type Claims = Readonly<Record<string, unknown>>

export interface TokenOptions {
  /** From now. */
  readonly livesSeconds?: number
  /** The key id in the token's header instead of that of the key. */
  readonly kid?: string
  /** Replaces the signature. */
  readonly signature?: string
}

/** Starts a provider of GitHub's issuer, whose keys have this algorithm. */
export async function identityProvider({
  algorithm = 'RS256',
  host = 'token.actions.githubusercontent.com',
} = {}): Promise<IdentityProvider> {
  const directory: TemporaryDirectory = await temporaryDirectory()
  const jwksFile = join(directory.path, 'jwks.json')
  let rotations = 0
  let key: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
  const kid = () => `key-${rotations}`

  async function rotate() {
    rotations += 1
    const pair = await generateKeyPair(algorithm, { extractable: true })
    key = pair.privateKey
    const jwk = await exportJWK(pair.publicKey)
    await writeFile(jwksFile, JSON.stringify({ keys: [{ ...jwk, kid: kid(), alg: algorithm, use: 'sig' }] }))
  }

  await rotate()
  return {
    host,
    jwksFile,
    rotate,
    async token(claims = {}, { livesSeconds = 600, kid: wrongKid, signature } = {}) {
      const now = Math.floor(Date.now() / 1000)
      const standard = { iss: `https://${host}`, aud: 'sts.amazonaws.com', sub: 'repo:team/app:ref:refs/heads/main' }
      const payload = { ...standard, iat: now, exp: now + livesSeconds, ...claims } as JWTPayload
      const token = await new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: wrongKid ?? kid() }).sign(key)
      return signature === undefined ? token : token.replace(/[^.]*$/, signature)
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}
