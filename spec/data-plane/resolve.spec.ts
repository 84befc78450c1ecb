import { expect, it } from 'vitest'
import { registryOf } from '../../src/data-plane/resolve.js'

const ofToken = { account: '000000000000', region: 'us-east-1' }
const named = { account: '111122223333', region: 'eu-central-1' }

it.each([
  '111122223333.dkr.ecr.eu-central-1.amazonaws.com',
  '111122223333.dkr.ecr.eu-central-1.localhost:4510',
  '111122223333.dkr.ecr-fips.eu-central-1.amazonaws.com',
  '111122223333.dkr-ecr.eu-central-1.on.aws',
])('the host %s names its registry', (host) => {
  expect(registryOf(host, ofToken)).toEqual(named)
})

it.each(['localhost:4510', '127.0.0.1:4510', 'registry.example', '1234.dkr.ecr.eu-central-1.amazonaws.com', undefined])(
  'the host %s leaves it to the token',
  (host) => {
    expect(registryOf(host, ofToken)).toEqual(ofToken)
  },
)
