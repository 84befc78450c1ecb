import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { INSTALL_COMMAND, isInstallSkipped, isStrict, missingTools } from './system-tools.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Installs missing system tools in CI and for root, after printing what it does; for other users it prints the command.
 * In CI, the run ends here if a tool is still missing. Elsewhere, and if installation is disabled, the specs that need
 * the tool are skipped and counted.
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
