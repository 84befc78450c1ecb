import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/registry/scanning/finding.js'
import { entriesForImage, type FindingsFile, resultOfEntries } from '../../../src/registry/scanning/findings-file.js'
import { packFindings } from '../../../src/registry/scanning/stored-findings.js'
import { heldUpMs, MOST_HELD_UP_MS } from '../../support/event-loop.js'

const COUNT = 100_000

/** As many entries for other repositories as findings for one image, each twice. */
const file: FindingsFile = {
  images: [
    ...Array.from({ length: COUNT }, (_, index) => ({ repository: `*a*p*${index}*` })),
    ...['1', '2'].map(() => ({
      repository: 'app',
      findings: Array.from({ length: COUNT / 2 }, (_, index) => ({
        name: `CVE-${index}`,
        severity: index % 2 === 0 ? ('LOW' as const) : ('CRITICAL' as const),
      })),
    })),
  ],
}
const image = { repository: 'app', digest: `sha256:${'a'.repeat(64)}`, tags: ['v1'] }

describe('A file with 100,000 entries and findings', () => {
  it('becomes the result of a scan without blocking the event loop', async () => {
    let kept: readonly Finding[] = []
    const held = await heldUpMs(async () => {
      const result = await resultOfEntries(await entriesForImage(file, image), new Map(), 0)
      kept = result.outcome === 'complete' ? (await packFindings(result.findings)).kept : []
    })
    expect([kept.length, kept[0], kept.at(-1)]).toMatchObject([
      10_000,
      { name: 'CVE-1', severity: 'CRITICAL' },
      { name: 'CVE-19999', severity: 'CRITICAL' },
    ])
    expect(held).toBeLessThan(MOST_HELD_UP_MS)
  })
})
