import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'

/** skopeo, logged in to a registry. */
export interface Skopeo {
  /** The manifest or index byte for byte. */
  raw(image: string): Promise<string>
  /** `skopeo copy --all` into a directory, in its own `dir:` form. */
  copyAll(image: string, directory: string): Promise<void>
  /** `skopeo inspect --raw`, however it ends. */
  tryRaw(image: string): Promise<Ran>
}

export function skopeo(password: string): Skopeo {
  const env = neutralEnvironment()
  const inspect = (image: string) =>
    ['inspect', '--raw', '--tls-verify=false', '--creds', `AWS:${password}`, `docker://${image}`] as const
  const from = ['--src-tls-verify=false', '--src-creds', `AWS:${password}`]
  return {
    raw: async (image) => (await mustRun('skopeo', inspect(image), { env })).stdout,
    tryRaw: (image) => runCommand('skopeo', inspect(image), { env }),
    copyAll: async (image, directory) =>
      void (await mustRun(
        'skopeo',
        ['copy', '--insecure-policy', '--all', '--preserve-digests', ...from, `docker://${image}`, `dir:${directory}`],
        { env },
      )),
  }
}
