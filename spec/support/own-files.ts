/**
 * Where dockerd and its containerd leave files whatever their settings say: a key in /etc/docker, directories in /opt and /run.
 * `$0` is a directory for the copy of /etc. Names are still resolved as on this machine, and processes are those of the
 * namespace this is run in.
 */
const SCRIPT = [
  'set -e',
  'mount -t proc proc /proc',
  'cp -a /etc "$0/etc"',
  'mount --bind "$0/etc" /etc',
  'mkdir "$0/resolve"',
  'if [ -d /run/systemd/resolve ]; then mount --bind /run/systemd/resolve "$0/resolve"; fi',
  'mount -t tmpfs tmpfs /opt',
  'mount -t tmpfs tmpfs /run',
  'mkdir -p /run/systemd/resolve',
  'mount --bind "$0/resolve" /run/systemd/resolve',
  'exec "$@"',
].join('\n')

/** What comes before a command that is to have /etc, /opt and /run of its own, gone with it; it needs root. */
export const withOwnFiles = (directory: string): readonly [command: string, ...args: string[]] => [
  'unshare',
  ...['--mount', '--propagation', 'private'],
  ...['sh', '-c', SCRIPT, directory],
]
