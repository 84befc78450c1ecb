import { expect, it } from 'vitest'
import { requestContextOf } from '../../src/access/http-request-context.js'

const contextOf = (host: string) =>
  requestContextOf({
    ...{ requestId: 'id', now: new Date(0), headers: { host }, remoteAddress: '::ffff:127.0.0.1', isSecure: false },
  })

it.each([
  ['111122223333.dkr.ecr-fips.us-east-1.amazonaws.com', true],
  ['111122223333.DKR.ECR-FIPS.US-EAST-1.AMAZONAWS.COM', true],
  ['111122223333.dkr.ECR-FIPS.us-east-1.localhost.:4510', true],
  ['111122223333.dkr-ecr-fips.us-east-1.on.aws', true],
  ['Ecr-Fips.us-east-1.amazonaws.com', true],
  ['api.ecr-fips.us-east-1.amazonaws.com:443', true],
  ['111122223333.dkr.ecr.us-east-1.amazonaws.com', false],
  ['myecr-fips.example', false],
  ['localhost:4510', false],
])('The host %s is a FIPS endpoint: %s', (host, isFips) => {
  expect(contextOf(host).isFips).toBe(isFips)
})
