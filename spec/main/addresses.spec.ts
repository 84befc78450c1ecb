import { expect, it } from 'vitest'
import { clientHost } from '../../src/compose/plane-addresses.js'

it.each([
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost'],
  ['0.0.0.0', 'localhost'],
  ['::', 'localhost'],
  ['localhost', 'localhost'],
  ['127.0.0.5', '127.0.0.5'],
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::7', '[2001:db8::7]'],
  ['registry.internal', 'registry.internal'],
])('A plane that listens on --host %s is announced at %s', (host, announced) => {
  expect(clientHost(host)).toBe(announced)
})
