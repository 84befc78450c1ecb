import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findingsFileScanner } from '../../src/adapters/scanner/findings-file-scanner.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { parseFindingsFile } from '../../src/config/parse-findings.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { putScanningConfiguration } from '../../src/registry/scanning/scanning-configuration.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { runScans, scanEvents } from '../support/scanning.js'
import { silent } from '../support/silent-log.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { stall } from '../support/upstream-faults.js'

/** An entry that needs the packages of the image, so that its bytes are read. */
const file = JSON.stringify({
  images: [
    { package: 'openssl', findings: [{ name: 'CVE-OPENSSL', severity: 'HIGH' }] },
    { repository: 'ecr-public/*', findings: [{ name: 'CVE-1', severity: 'LOW' }] },
  ],
})

it('The images of an index that is pulled through are scanned once their layers are here', async () => {
  await using directory = await temporaryDirectory()
  await using upstream = await faultyUpstream()
  const images = ['linux/amd64', 'linux/arm64'].map((platform) => upstream.addImage('nginx/nginx', { platform }))
  const index = upstream.addIndex('nginx/nginx', images, { tag: 'latest' })
  await using cache = await startCache({ upstreams: { 'public.ecr.aws': upstream.url } })
  const { store, blobs, clock } = cache
  const now = await clock.now()
  const rules = [
    { scanFrequency: 'SCAN_ON_PUSH', repositoryFilters: [{ filter: 'ecr-public/*', filterType: 'WILDCARD' }] },
  ] as const
  await putScanningConfiguration(store, registry, { scanType: 'BASIC', rules }, now)
  await cache.addRule({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' })
  const path = join(directory.path, 'findings.json')
  await writeFile(path, file)
  const scanner = await findingsFileScanner({ path, parse: parseFindingsFile, blobs, log: silent })
  const deps = { store, blobs, clock, quotas: defaultQuotas, ids: randomIds }
  const name = 'ecr-public/nginx/nginx'
  const statuses = () =>
    Promise.all(
      [...images, index].map(
        async ({ digest }) => (await store.imageScans.get(registry, keyOf(name, digest)))?.BASIC?.status,
      ),
    )

  upstream.fault('/blobs/', stall())
  expect((await cache.ask(`${name}/manifests/latest`)).statusCode).toBe(200)
  await upstream.asked('/blobs/')
  await runScans({ deps }, scanner)
  // The images of an index are imported one after another.
  expect((await statuses()).filter((status) => status !== undefined)).toContain('IN_PROGRESS')
  expect(await statuses()).not.toContain('COMPLETE')

  upstream.heal()
  await cache.settled()
  await runScans({ deps }, scanner)
  expect(await statuses()).toEqual(['COMPLETE', 'COMPLETE', undefined])
  const counts = (await scanEvents({ deps })).map(({ detail }) => detail['finding-severity-counts'])
  expect(counts).toEqual([{ LOW: 1 }, { LOW: 1 }])
})
