import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { lmdbKeyValue } from '../../src/adapters/lmdb/key-value.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeContract } from './store.contract.js'
import { transferContract } from './transfer.contract.js'

const directories: string[] = []
afterAll(() => Promise.all(directories.map((path) => rm(path, { recursive: true }))))

storeContract('memory', async () => memoryKeyValue())
storeContract('LMDB', async () => {
  const path = await mkdtemp(join(tmpdir(), 'ecr-local-store-'))
  directories.push(path)
  return lmdbKeyValue({ path })
})

let shared = ''
transferContract(
  'LMDB',
  async () => {
    shared = await mkdtemp(join(tmpdir(), 'ecr-local-store-'))
    directories.push(shared)
    return lmdbKeyValue({ path: shared })
  },
  async () => lmdbKeyValue({ path: shared }),
)
