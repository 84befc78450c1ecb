import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { countSeverities, type Finding, severities } from '../../../src/registry/scanning/finding.js'
import { packFindings, unpackFindings } from '../../../src/registry/scanning/stored-findings.js'

const findings = (count: number, change: (i: number) => Partial<Finding> = () => ({})): Finding[] =>
  Array.from({ length: count }, (_, i) => ({ name: `CVE-${i}`, severity: 'LOW', ...change(i) }))

describe('stored findings', () => {
  it('No findings are stored as none', async () => {
    const { packed, kept } = await packFindings([])
    expect([packed, kept]).toEqual([{ count: 0, parts: [] }, []])
    expect(await unpackFindings(packed, 0, 100)).toEqual([])
  })

  it.each([
    [0, 1],
    [0, 100],
    [99, 2],
    [100, 100],
    [150, 200],
    [340, 100],
    [350, 10],
  ])('The findings from %i on, at most %i, are those of the whole list', async (start, limit) => {
    const all = findings(350)
    const { packed } = await packFindings(all)
    expect(await unpackFindings(packed, start, limit)).toEqual(all.slice(start, start + limit))
  })

  it('The most severe come first, otherwise in their order', async () => {
    const mixed = findings(12, (i) => ({ severity: severities[5 - (i % 6)] ?? 'LOW' }))
    const { packed } = await packFindings(mixed)
    const names = (await unpackFindings(packed, 0, 12)).map(({ name }) => name)
    expect(names.slice(0, 4)).toEqual(['CVE-5', 'CVE-11', 'CVE-4', 'CVE-10'])
  })

  it('Of more findings than are kept the least severe are left out', async () => {
    const all = findings(10_050, (i) => ({ severity: i < 10_000 ? 'LOW' : 'CRITICAL' }))
    const { packed, kept } = await packFindings(all)
    expect(packed.count).toBe(10_000)
    expect(countSeverities(kept)).toEqual({ CRITICAL: 50, LOW: 9_950 })
  })

  it('The size of the record is bounded however long and random the descriptions are', async () => {
    const all = findings(2_000, () => ({ description: randomBytes(2_000).toString('hex') }))
    const { packed, kept } = await packFindings(all)
    expect(packed.parts.join('').length).toBeLessThanOrEqual(1024 * 1024)
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThan(2_000)
    expect(packed.count).toBe(kept.length)
  })

  it('Counts have only the severities that occur, the most severe first', () => {
    const counts = countSeverities(findings(3, (i) => ({ severity: i === 0 ? 'LOW' : 'HIGH' })))
    expect(Object.entries(counts)).toEqual([
      ['HIGH', 2],
      ['LOW', 1],
    ])
  })
})
