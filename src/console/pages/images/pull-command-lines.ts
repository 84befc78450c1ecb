/** A command with what it is for. */
export interface Command {
  readonly name: string
  readonly text: string
}

/** What commands for a registry depend on. */
export interface RegistryAccess {
  readonly region: string
  /** Where the ECR API answers. */
  readonly endpoint: string
  /** Whether the registry answers without TLS: Docker allows that on loopback, other clients have to be told. */
  readonly isPlain: boolean
}

/** The command that prints the password of the registry. */
const passwordCommand = ({ region, endpoint }: RegistryAccess): string =>
  `aws ecr get-login-password --region ${region} --endpoint-url ${endpoint}`

/** The host of a repository's URI. */
export const hostOf = (repositoryUri: string): string => repositoryUri.replace(/\/.*$/, '')

/** An option where it is needed, with the space after it. */
const option = (text: string, isNeeded: boolean) => (isNeeded ? `${text} ` : '')

/** The commands that pull an image, by its whole name with the tag or the digest. */
export function pullCommands(image: string, access: RegistryAccess): readonly Command[] {
  const { isPlain } = access
  const password = `"AWS:$(${passwordCommand(access)})"`
  return [
    { name: 'docker', text: `docker pull ${image}` },
    { name: 'podman', text: `podman pull ${option('--tls-verify=false', isPlain)}${image}` },
    {
      name: 'containerd (ctr)',
      text: `ctr images pull ${option('--plain-http', isPlain)}--user ${password} ${image}`,
    },
    { name: 'containerd (nerdctl)', text: `nerdctl ${option('--insecure-registry', isPlain)}pull ${image}` },
    {
      name: 'skopeo',
      text: `skopeo copy ${option('--src-tls-verify=false', isPlain)}docker://${image} docker-archive:image.tar`,
    },
  ]
}

/** The command that logs a client in; `flag` is what the client needs for a registry without TLS. */
const login = (client: string, flag: string, host: string, access: RegistryAccess) =>
  `${passwordCommand(access)} | ${client} login ${option(flag, access.isPlain)}--username AWS --password-stdin ${host}`

/** The steps that push an image to a repository with a client. */
export interface PushSteps {
  readonly client: string
  readonly steps: readonly Command[]
}

/** What the dialog "View push commands" shows, for each client. */
export function pushSteps(repositoryUri: string, access: RegistryAccess): readonly PushSteps[] {
  const { isPlain } = access
  const local = `${repositoryUri.replace(/^.*\//, '')}:latest`
  const remote = `${repositoryUri}:latest`
  const verify = option('--tls-verify=false', isPlain)
  const build = (client: string) => [
    { name: 'Build the image', text: `${client} build -t ${local} .` },
    { name: 'Tag it with the name of the repository', text: `${client} tag ${local} ${remote}` },
  ]
  const retrieve = 'Log in with a password of the registry'
  const host = hostOf(repositoryUri)
  return [
    {
      client: 'Docker',
      steps: [
        { name: retrieve, text: login('docker', '', host, { ...access, isPlain: false }) },
        ...build('docker'),
        { name: 'Push it', text: `docker push ${remote}` },
      ],
    },
    {
      client: 'Podman',
      steps: [
        { name: retrieve, text: login('podman', '--tls-verify=false', host, access) },
        ...build('podman'),
        { name: 'Push it', text: `podman push ${verify}${remote}` },
      ],
    },
    {
      client: 'skopeo',
      steps: [
        { name: retrieve, text: login('skopeo', '--tls-verify=false', host, access) },
        {
          name: 'Push an image of the Docker daemon',
          text: `skopeo copy ${option('--dest-tls-verify=false', isPlain)}docker-daemon:${local} docker://${remote}`,
        },
      ],
    },
  ]
}
