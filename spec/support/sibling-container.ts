import { withProgramsOfThisMachine } from './compose.js'
import type { DockerDaemon } from './docker-daemon.js'
import { targetOf } from './raw-http.js'

/** A container on the network of others, with the programs of this machine: what a user's own container would run. */
export interface SiblingContainer {
  /** Calls an action of ECR with curl, which signs the request, and returns the answer. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the API answers has no type unless the spec says it
  call<Output = any>(endpoint: string, action: string, input?: object): Promise<Output>
  /** Copies an image with skopeo into a directory of the container, and returns what skopeo prints. */
  pull(image: string, password: string): Promise<string>
}

/** Each command runs in a container of its own with these options of `docker run`. */
export function siblingContainer(daemon: DockerDaemon, ...options: string[]): SiblingContainer {
  const run = (...command: string[]) =>
    daemon.docker('run', '--rm', ...options, ...withProgramsOfThisMachine, ...command)
  return {
    async call<Output>(endpoint: string, action: string, input: object = {}) {
      const signing = ['--aws-sigv4', 'aws:amz:us-east-1:ecr', '--user', 'test:test']
      const headers = ['-H', 'Content-Type: application/x-amz-json-1.1', '-H', `X-Amz-Target: ${targetOf(action)}`]
      const printed = await run('curl', '-sS', ...signing, ...headers, '-d', JSON.stringify(input), `${endpoint}/`)
      return JSON.parse(printed) as Output
    },
    pull: (image, password) =>
      run(
        ...['skopeo', 'copy', '--insecure-policy', '--src-tls-verify=false', '--src-creds', `AWS:${password}`],
        ...[`docker://${image}`, 'dir:/tmp/image'],
      ),
  }
}
