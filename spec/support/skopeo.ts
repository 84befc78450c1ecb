import { mustRun, neutralEnvironment, type Ran, runCommand } from './run-command.js'

/** skopeo with the credentials of a registry. */
export interface Skopeo {
  /** Returns the manifest or index byte for byte. */
  raw(image: string): Promise<string>
  /** Runs `skopeo copy --all` into a directory, in skopeo's `dir:` format. */
  copyAll(image: string, directory: string): Promise<void>
  /** Runs `skopeo inspect --raw` and returns the outcome, whether it succeeds or fails. */
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
