import { expect, it } from 'vitest'
import { isSigned, signText } from '../../src/access/signed-text.js'

it('a signature is good for its text, its purpose and its secret, and for nothing else', () => {
  const signature = signText('session', 'text', 's')
  expect(isSigned('session', 'text', signature, 's')).toBe(true)
  expect(isSigned('session', 'text.', signature, 's')).toBe(false)
  expect(isSigned('token', 'text', signature, 's')).toBe(false)
  expect(isSigned('session', 'text', signature, 't')).toBe(false)
  expect(isSigned('session', 'text', '', 's')).toBe(false)
})

it('a text cannot begin where a longer purpose ends', () => {
  expect(isSigned('session', 'key id', signText('session key', 'id', 's'), 's')).toBe(false)
})
