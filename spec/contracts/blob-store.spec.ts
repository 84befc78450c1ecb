import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { blobStoreContract } from './blob-store.contract.js'

const roots: string[] = []
afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true }))))

const memory = { blobs: memoryBlobStore() }
blobStoreContract(
  'memory',
  async () => (memory.blobs = memoryBlobStore()),
  async () => memory.blobs,
)

blobStoreContract(
  'filesystem',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'ecr-local-blobs-'))
    roots.push(root)
    return filesystemBlobStore({ root, ids: randomIds })
  },
  async () => filesystemBlobStore({ root: roots.at(-1) ?? '', ids: randomIds }),
)
