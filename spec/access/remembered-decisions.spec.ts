import { expect, it } from 'vitest'
import { type AccessRequest, isAllowed } from '../../src/access/authorize.js'
import type { Accounts } from '../../src/access/credentials.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { REGISTRY_POLICY, type Store } from '../../src/registry/ports/store.js'
import { repositoryArn } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { accessFor } from '../support/access.js'

const [own, other] = ['111122223333', '444455556666']
const registry = { account: own, region: 'us-east-1' }
const action = 'ecr:BatchGetImage'
const document = (statement: object) => ({ Version: '2012-10-17', Statement: [{ Action: action, ...statement }] })
const request = { requestId: 'one', at: 0, sourceIp: '192.0.2.7', userAgent: '', isSecure: false, isFips: false }
const user = (name: string, account = own) => ({ arn: `arn:aws:iam::${account}:user/${name}`, account, userId: name })
const policy = (Effect: 'Allow' | 'Deny') => ({ text: JSON.stringify(document({ Effect, Principal: '*' })) })

/** Access control in which `dev` may pull from everywhere, or only from these addresses. */
function access(condition: object = {}) {
  const dev = { policies: [document({ Effect: 'Allow', Resource: '*', ...condition })] }
  const store = storeOf(memoryKeyValue())
  const accounts: Accounts = { [own]: { users: { dev, guest: {} } }, [other]: { users: { guest: {} } } }
  const { authorize, decisions } = accessFor({ accounts, store })
  const resources = [repositoryArn(registry, 'app')]
  const pull: AccessRequest = { principal: user('dev'), action, resources, registry, request }
  const may = (rest: Partial<AccessRequest> = {}) => isAllowed(authorize, { ...pull, ...rest })
  return { store, decisions, may }
}

it.each<[string, (store: Store) => Promise<void>]>([
  ['registry policy', (store) => store.registryPolicies.put(registry, REGISTRY_POLICY, policy('Deny'))],
  ['repository policy', (store) => store.repositoryPolicies.put(registry, 'app', policy('Deny'))],
  ['scope of the registry policy', (store) => store.accountSettings.put(registry, 'REGISTRY_POLICY_SCOPE', 'V1')],
])('A decision is made anew after a change of the %s', async (_, change) => {
  const { may, store } = access()
  await store.registryPolicies.put(registry, REGISTRY_POLICY, policy('Allow'))
  const guest = { principal: user('guest') }
  expect([await may(guest), await may(guest)]).toEqual([true, true])
  await change(store)
  expect([await may(guest), await may(guest)]).toEqual([false, false])
})

it('A decision holds for no other caller, role, session policy, action or resource', async () => {
  const { may } = access()
  const session = { policies: [JSON.stringify(document({ Effect: 'Allow', Resource: '*', Action: 'ecr:PutImage' }))] }
  expect([await may(), await may()]).toEqual([true, true])
  expect(await may({ principal: user('guest') })).toBe(false)
  expect(await may({ principal: { ...user('dev'), session } })).toBe(false)
  expect(await may({ principal: { ...user('dev'), session: { roleArn: `arn:aws:iam::${own}:role/gone` } } })).toBe(
    false,
  )
  expect(await may({ action: 'ecr:PutImage' })).toBe(false)
  expect(await may({ resources: [repositoryArn({ ...registry, account: other }, 'app')] })).toBe(false)
})

it('The values of condition keys are compared in every request', async () => {
  const { may } = access({ Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } })
  expect(await may()).toBe(true)
  expect(await may({ request: { ...request, sourceIp: '198.51.100.1' } })).toBe(false)
})

it('A decision that is remembered is logged under each request that it was for', async () => {
  const { may, decisions } = access()
  await may()
  await may({ request: { ...request, requestId: 'two' } })
  for (const id of ['one', 'two'])
    expect(decisions.find(id)?.decisions).toMatchObject([{ question: { action }, decision: { allowed: true } }])
})
