import { readFile, writeFile } from 'node:fs/promises'
import { mustRun, neutralEnvironment, runCommand } from './run-command.js'

const FORWARDING = '/proc/sys/net/ipv4/ip_forward'

/** What dockerd calls the bridge it makes for containers. */
const BRIDGE = 'docker0'

/**
 * Remembers this machine's packet filter and whether it forwards, both of which dockerd changes where its containers have a
 * network; disposing puts them back and takes dockerd's bridge away. It needs root and iptables.
 */
export async function containerNetwork(): Promise<AsyncDisposable> {
  const env = { ...neutralEnvironment(), PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` }
  const saved = await Promise.all(
    ['filter', 'nat'].map(async (table) => {
      // A table that nobody has asked for yet is not saved.
      await mustRun('iptables', ['-t', table, '--list', '--numeric', '--wait'], { env })
      return (await mustRun('iptables-save', ['-t', table], { env })).stdout
    }),
  )
  const forwarding = await readFile(FORWARDING, 'utf8')
  return {
    async [Symbol.asyncDispose]() {
      for (const input of saved) await mustRun('iptables-restore', ['--wait'], { env, input })
      await writeFile(FORWARDING, forwarding)
      await runCommand('ip', ['link', 'delete', BRIDGE], { env })
    },
  }
}
