import { expect, it } from 'vitest'
import { isSigned, signText } from '../../src/access/signed-text.js'

it('A signature is valid only for its text, its purpose and its secret', () => {
  const signature = signText('session', 'text', 's')
  expect(isSigned('session', 'text', signature, 's')).toBe(true)
  expect(isSigned('session', 'text.', signature, 's')).toBe(false)
  expect(isSigned('token', 'text', signature, 's')).toBe(false)
  expect(isSigned('session', 'text', signature, 't')).toBe(false)
  expect(isSigned('session', 'text', '', 's')).toBe(false)
})

it('A purpose and a text cannot be split differently under the same signature', () => {
  expect(isSigned('session', 'key id', signText('session key', 'id', 's'), 's')).toBe(false)
})
