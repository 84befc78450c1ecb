import { expect, inject, test } from 'vitest'
import { repositoryUri } from './repositories.js'

test('a repository is created when it is first asked for', async () => {
  const uri = await repositoryUri('team/app')
  expect(uri).toBe(`${inject('ecrLocal').registry}/team/app`)
  expect(await repositoryUri('team/app')).toBe(uri)
})
