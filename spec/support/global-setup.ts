import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { INSTALL_COMMAND, isInstallSkipped, isStrict, missingTools } from './system-tools.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Installs the system tools where nobody has to be asked, in CI and for root, and says so first; to others it names the
 * command. In CI the run ends here where one is missing; elsewhere, and where installing is skipped, the specs that need it
 * are skipped and counted.
 */
export function setup(): void {
  if (missingTools().length === 0) return
  const isUnattended = process.env.CI !== undefined || process.getuid?.() === 0
  if (isUnattended && !isInstallSkipped()) spawnSync(INSTALL_COMMAND, { cwd: root, stdio: 'inherit' })
  const missing = missingTools().join(', ')
  if (missing === '') return
  if (isStrict()) throw new Error(`In CI no system tool may be missing: ${missing} (${INSTALL_COMMAND})`)
  process.stdout.write(`Not installed, and what needs it is skipped: ${missing}. As root: ${INSTALL_COMMAND}\n`)
}
