import fc from 'fast-check'
import { expect, test } from 'vitest'
import { verify } from '../../src/sigv4/verify.js'
import { ecr, signed } from './signing.js'

const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) })
const piece = fc.oneof(
  bytes,
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ...['AWS4-HMAC-SHA256', 'AWS4-', ' ', ', ', ';', '/', '?', '&', '=', '%', '%ff', '+', 'host', 'x-amz-target'],
    ...['Credential=', 'SignedHeaders=', 'Signature=', 'AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/ecr/aws4_request'],
    ...['X-Amz-Algorithm=AWS4-HMAC-SHA256', 'X-Amz-Credential=', 'X-Amz-SignedHeaders=host', 'X-Amz-Signature='],
    ...['X-Amz-Date=20261123T120000Z', 'X-Amz-Expires=', '__proto__', 'constructor', '20261123T120000Z'],
  ),
)
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

test('A request with a random signature is never accepted and never makes the verification throw', () => {
  fc.assert(
    fc.property(
      fc.record({
        method: text,
        path: text,
        body: fc.uint8Array(),
        rawHeaders: fc.option(fc.array(text), { nil: undefined }),
        headers: fc.record(
          {
            ...{ authorization: text.map((rest) => `AWS4-HMAC-SHA256 ${rest}`), 'x-amz-date': text, date: text },
            ...{ host: text, 'x-amz-target': text, 'x-amz-content-sha256': text, 'set-cookie': fc.array(text) },
          },
          { requiredKeys: [] },
        ),
      }),
      (request) => {
        expect(verify(request, ecr).valid).toBe(false)
      },
    ),
    { numRuns: 2000 },
  )
})

const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => name !== '__proto__')
const query = fc
  .uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 8 })
  .map((parameters) => parameters.map((parameter) => parameter.map(encodeURIComponent).join('=')).join('&'))
const value = fc.string({ unit: 'grapheme-ascii' }).map((text) => text.trim())

test('A request that aws4 signs is accepted, with any query and any header, signed in the header or in the query', () => {
  fc.assert(
    fc.property(query, value, fc.string(), fc.boolean(), (query, note, body, signQuery) => {
      const request = signed({ path: `/?${query}`, headers: { 'X-Note': note }, body, signQuery })
      expect(verify(request, ecr)).toMatchObject({ valid: true })
    }),
    { numRuns: 500 },
  )
})

test('A change of any single byte of the body is detected', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (body, at, change) => {
      const request = signed({ body })
      const changed = Uint8Array.from(request.body, (byte, i) =>
        i === at % request.body.length ? byte ^ change : byte,
      )
      expect(verify({ ...request, body: changed }, ecr)).toMatchObject({ code: 'InvalidSignatureException' })
    }),
  )
})
