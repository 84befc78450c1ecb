/** A setting that has a flag and an environment variable; all but `config` may stand in the file too. */
export interface Setting {
  readonly name: 'host' | 'port' | 'registryPort' | 'registryHost' | 'dataDir' | 'store' | 'auth' | 'config' | 'log'
  readonly flag: string
  readonly environment: string
  readonly byDefault: string
  readonly meaning: string
}

const setting = (name: Setting['name'], byDefault: string, meaning: string): Setting => {
  const words = name.split(/(?=[A-Z])/).map((word) => word.toLowerCase())
  const environment = `ECR_LOCAL_${words.join('_').toUpperCase()}`
  return { name, flag: `--${words.join('-')}`, environment, byDefault, meaning }
}

/** The table `--help` shows, in its order. */
export const settings: readonly Setting[] = [
  setting('host', '127.0.0.1', 'address both planes listen on'),
  setting('port', '4566', 'control plane; 0 picks a free port'),
  setting('registryPort', '4510', 'data plane; 0 picks a free port'),
  setting('registryHost', 'localhost:{port}', 'host of repository URIs; may hold {account}, {region}, {port}'),
  setting('dataDir', '.ecr-local', 'state and blobs'),
  setting('store', 'embedded', 'embedded (LMDB) or memory'),
  setting('auth', 'strict', 'strict, or relaxed: any access key is an administrator, unchecked'),
  setting('config', 'ecr-local.json', 'JSON file of settings; the default one may be missing'),
  setting('log', 'info', 'silent, fatal, error, warn, info, debug or trace'),
]

/** Values as flags or the environment gave them, by setting. */
export type Given = Partial<Record<Setting['name'], string>>
