import { describe, expect, it } from 'vitest'
import { clockAdvanceClaim } from '../../src/access/clock-advance.js'
import { DOWNLOAD_URL_LIFETIME_MS, downloadUrl, readDownloadUrl } from '../../src/access/download-url.js'

const layer = {
  registry: { account: '123456789012', region: 'eu-west-1' },
  repository: 'team/app',
  digest: `sha256:${'a'.repeat(64)}`,
}
const url = new URL(downloadUrl('http://localhost:4510', layer, new Date(0), 's'))
const at = (time: number) => ({ now: new Date(time), wall: new Date(time) })
const changed = (name: string, value: string) => {
  const query = new URLSearchParams(url.searchParams)
  query.set(name, value)
  return query
}

describe('A layer download URL', () => {
  it('A layer download URL is valid for its layer until it expires', () => {
    expect(readDownloadUrl(url.searchParams, at(DOWNLOAD_URL_LIFETIME_MS - 1), 's')).toEqual(layer)
    expect(readDownloadUrl(url.searchParams, at(DOWNLOAD_URL_LIFETIME_MS), 's')).toBeUndefined()
  })

  it.each([
    ['account', '210987654321'],
    ['region', 'us-east-1'],
    ['repository', 'team/other'],
    ['digest', `sha256:${'b'.repeat(64)}`],
    ['expiresAt', '9999999999999'],
    ['signature', 'AAAA'],
  ])('A layer download URL is invalid with another %s', (name, value) => {
    expect(readDownloadUrl(changed(name, value), at(0), 's')).toBeUndefined()
  })

  it('A layer download URL is invalid with an additional or repeated parameter', () => {
    for (const [name, value] of [...url.searchParams, ['more', 'x'] as const]) {
      const query = new URLSearchParams(url.searchParams)
      query.append(name, value)
      expect(readDownloadUrl(query, at(0), 's')).toBeUndefined()
    }
  })

  it('A layer download URL is invalid after the advanced clock it was issued under is reset', () => {
    const [now, wall] = [new Date(86_400_000), new Date(0)]
    const ahead = { ...layer, ...clockAdvanceClaim(now, wall) }
    const { searchParams } = new URL(downloadUrl('http://localhost:4510', ahead, now, 's'))
    expect(readDownloadUrl(searchParams, { now, wall }, 's')).toEqual(ahead)
    expect(readDownloadUrl(searchParams, { now: wall, wall }, 's')).toBeUndefined()
    searchParams.delete('clockAdvancedBy')
    expect(readDownloadUrl(searchParams, { now, wall }, 's')).toBeUndefined()
  })

  it('A layer download URL is invalid under another secret', () => {
    expect(readDownloadUrl(url.searchParams, at(0), 'other')).toBeUndefined()
  })
})
