import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installationSecret } from '../../../src/adapters/system/installation-secret.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe('The generated secret', () => {
  it('The secret is generated once, is readable only by its owner, and leaves nothing beside it', async () => {
    await using directory = await temporaryDirectory()
    const secret = installationSecret(directory.path)
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(installationSecret(directory.path)).toBe(secret)
    expect(readdirSync(directory.path)).toEqual(['secret'])
    expect(statSync(join(directory.path, 'secret')).mode & 0o777).toBe(0o600)
  })

  it.each(['', 'too short'])('A stored secret that is too short (%j) is refused with the remedy', async (content) => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'secret')
    writeFileSync(file, content)
    expect(() => installationSecret(directory.path)).toThrow(
      `${file} holds no secret of 32 characters or more: remove it, and the next start makes a new one.`,
    )
    expect(readFileSync(file, 'utf8')).toBe(content)
  })
})
