import { describe, expect, it } from 'vitest'
import { regionOf, registryOf } from '../../src/data-plane/registry-of-host.js'

const ofToken = { account: '000000000000', region: 'us-east-1' }
const named = { account: '111122223333', region: 'eu-central-1' }

describe('host of a registry request', () => {
  it.each([
    '111122223333.dkr.ecr.eu-central-1.amazonaws.com',
    '111122223333.dkr.ecr.eu-central-1.localhost:4510',
    '111122223333.dkr.ecr-fips.eu-central-1.amazonaws.com',
    '111122223333.dkr.ecr-fips.eu-central-1.localhost:4510',
    '111122223333.dkr-ecr.eu-central-1.on.aws',
    '111122223333.dkr-ecr-fips.eu-central-1.on.aws',
    '111122223333.DKR.ECR.EU-CENTRAL-1.AMAZONAWS.COM',
    '111122223333.Dkr-Ecr-Fips.Eu-Central-1.On.Aws',
    '111122223333.dkr.ecr.eu-central-1.amazonaws.com.',
    '111122223333.dkr.ecr.eu-central-1.localhost.:4510',
    '111122223333.dkr.ecr.eu-central-1',
    '111122223333.dkr.ecr.eu-central-1.',
    '111122223333.dkr.ecr.eu-central-1:4510',
  ])('The host %s names its account and Region', (host) => {
    expect(registryOf(host, ofToken)).toEqual(named)
    expect(regionOf(host)).toBe('eu-central-1')
  })

  it.each([
    'localhost:4510',
    '127.0.0.1:4510',
    'registry.example',
    '1234.dkr.ecr.eu-central-1.amazonaws.com',
    '111122223333.dkr.ecr.eu_central_1.amazonaws.com',
    '111122223333.dkr.ecrs.eu-central-1.amazonaws.com',
    undefined,
  ])('The host %s leaves account and Region to the token', (host) => {
    expect(registryOf(host, ofToken)).toEqual(ofToken)
    expect(regionOf(host)).toBeUndefined()
  })
})
