import type { IncomingMessage } from 'node:http'
import type { Reply } from './upstream-faults.js'

export interface TokenLogin {
  scheme: 'Bearer'
  /** The token service; by default `/token` on this server. */
  realm?: string
  service?: string
  /** The scope in the challenge; by default the right one. ghcr.io sends a placeholder. */
  scopeInChallenge?: string
  /** The value of `expires_in`; `null` omits it. */
  expiresInSeconds?: number | null
  tokenField?: 'token' | 'access_token'
  /** The status that refuses an expired token: 401, or 400 as public.ecr.aws sends. */
  expiredAs?: 401 | 400
  /** The users who get a token; by default every client gets one. */
  users?: Record<string, string>
}

export interface BasicLogin {
  scheme: 'Basic'
  users: Record<string, string>
}

/** The login of one upstream: decides which requests pass and issues tokens. */
export interface Gate {
  /** The token that a request asks for, or the refusal of a request that must not pass. */
  answer(request: IncomingMessage): Reply | undefined
  expireTokens(): void
}

export function gate(login: TokenLogin | BasicLogin | undefined, origin: () => string): Gate {
  const valid = new Map<string, string>()
  const issued = new Set<string>()
  return {
    expireTokens: () => valid.clear(),
    answer: (request) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://upstream')
      return pathname === '/token' ? grant(request, searchParams) : refuse(request, pathname)
    },
  }

  function refuse({ headers: { authorization } }: IncomingMessage, path: string): Reply | undefined {
    if (!login) return undefined
    if (login.scheme === 'Basic') {
      if (knows(login.users, authorization)) return undefined
      return answer(401, { 'www-authenticate': 'Basic realm="registry, \\"ours\\""' }, unauthorized)
    }
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(path)?.[1]
    const scope = repository ? `repository:${repository}:pull` : ''
    const token = authorization?.replace(/^Bearer /, '')
    if (token !== undefined && [scope, '*'].includes(valid.get(token) ?? '-')) return undefined
    if (token !== undefined && issued.has(token) && login.expiredAs === 400) return answer(400, {}, expired)
    return answer(401, { 'www-authenticate': challenge(login, origin(), scope) }, unauthorized)
  }

  function grant({ headers: { authorization } }: IncomingMessage, query: URLSearchParams): Reply {
    if (login?.scheme !== 'Bearer') return answer(404, {}, '')
    if (login.users && !knows(login.users, authorization)) return answer(401, {}, unauthorized)
    const token = `token-${issued.size + 1}`
    issued.add(token)
    valid.set(token, query.get('scope') ?? '')
    const { expiresInSeconds: expires_in = 300, tokenField = 'token' } = login
    return answer(200, {}, JSON.stringify({ [tokenField]: token, ...(expires_in !== null && { expires_in }) }))
  }
}

const unauthorized = JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] })
const expired = JSON.stringify({
  errors: [{ code: 'DENIED', message: 'Your Authorization Token is invalid/expired.' }],
})

const challenge = ({ realm, service = 'faulty', scopeInChallenge }: TokenLogin, origin: string, scope: string) =>
  `Bearer realm="${realm ?? `${origin}/token`}",service="${service}",scope="${scopeInChallenge ?? scope}"`

const knows = (users: Record<string, string>, authorization = '') => {
  const [name = '', ...password] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':')
  return authorization.startsWith('Basic ') && Object.hasOwn(users, name) && users[name] === password.join(':')
}

const answer = (status: number, headers: Record<string, string>, body: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(body),
  ranges: false,
})
