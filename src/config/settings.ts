/** The settings that have a flag and an environment variable. */
export type SettingName =
  | 'host'
  | 'port'
  | 'registryPort'
  | 'registryHost'
  | 'realNames'
  | 'dataDir'
  | 'store'
  | 'blobs'
  | 'blobDelivery'
  | 'auth'
  | 'secret'
  | 'adminToken'
  | 'dataPlane'
  | 'tlsCert'
  | 'tlsKey'
  | 'eventsFile'
  | 'initDir'
  | 'config'
  | 'log'

/** A setting that has a flag and an environment variable. All except `config` may also be in the file. */
export interface Setting {
  readonly name: SettingName
  readonly flag: string
  readonly environment: string
  readonly byDefault: string
  readonly meaning: string
  /** Whether the flag takes no value: it means true, and the variable is `true` or `false`. */
  readonly isSwitch?: true
}

const setting = (name: SettingName, byDefault: string, meaning: string): Setting => {
  const words = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase())
  const environment = `ECR_LOCAL_${words.join('_').toUpperCase()}`
  return { name, flag: `--${words.join('-')}`, environment, byDefault, meaning }
}

/** All settings with a flag and an environment variable, in the order of `--help`. */
export const settings: readonly Setting[] = [
  setting('host', '127.0.0.1', 'address both planes listen on'),
  setting('port', '4566', 'both planes, the API and the registry; 0 picks a free port'),
  setting('registryPort', 'none', 'a port of its own for the registry; 0 picks a free one; data-plane alone: 4510'),
  setting(
    'registryHost',
    'none',
    'host of repository URIs, if not the one asked; may hold {account}, {region}, {port}',
  ),
  {
    ...setting('realNames', 'false', 'also TLS on port 443 for the names of AWS; see certs --real-names'),
    isSwitch: true,
  },
  setting('dataDir', '.ecr-local', 'embedded state, blobs on disk'),
  setting('store', 'embedded', 'embedded (LMDB), memory, or redis:// rediss:// redis-sentinel:// redis-cluster://'),
  setting('blobs', 'disk', 'disk (in the data directory), or s3://bucket/prefix'),
  setting('blobDelivery', 'redirect', 'redirect or stream: layers in S3 come from there, or through the data plane'),
  setting('auth', 'strict', 'strict, or relaxed: any access key is an administrator, unchecked'),
  setting('secret', 'none', 'shared by planes in separate processes; 32 characters or more'),
  setting('adminToken', 'none', 'required by /_admin; without one /_admin is served only on loopback'),
  setting('dataPlane', 'none', 'where control-plane finds the data planes: http://host:port'),
  setting('tlsCert', 'none', 'PEM file of the certificate of both planes; read again on SIGHUP'),
  setting('tlsKey', 'none', 'PEM file of its key'),
  setting('eventsFile', 'none', 'file that events are appended to, one line of JSON each'),
  setting('initDir', '/etc/localstack/init', 'scripts in boot.d, start.d, ready.d and shutdown.d are run by start'),
  setting('config', 'ecr-local.json', 'JSON file of settings; the default one may be missing'),
  setting('log', 'info', 'silent, fatal, error, warn, info, debug or trace'),
]

/** Texts from flags or from the environment, by setting. */
export type SettingTexts = Partial<Record<SettingName, string>>
