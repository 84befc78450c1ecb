import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** Three findings of different severities, for lists that have several pages. */
const findings = [
  { name: 'CVE-2026-0001', severity: 'CRITICAL', description: 'The first of three.' },
  { name: 'CVE-2026-0002', severity: 'HIGH' },
  { name: 'CVE-2026-0003', severity: 'LOW' },
]

/** Starts the program with findings for every image with a tag `a`, and a failure for those with a tag `broken`. */
export async function emulatorWithFindings(): Promise<EmulatorProcess> {
  const directory = await temporaryDirectory()
  const scanFindings = join(directory.path, 'findings.json')
  const images = [
    { tag: 'a', findings },
    { tag: 'broken', status: 'FAILED', description: 'The layers cannot be read.' },
  ]
  await writeFile(scanFindings, JSON.stringify({ images }))
  const emulator = await emulatorProcess({ config: { scanFindings } })
  return {
    ...emulator,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}
