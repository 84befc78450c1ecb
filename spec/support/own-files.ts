/**
 * Gives dockerd and its containerd private copies of the places they write to regardless of their settings: a key in
 * /etc/docker, directories in /opt and /run. `$0` is a directory for the copy of /etc. Names are still resolved as on
 * this machine, and processes are those of the namespace in which the script runs.
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

/**
 * The command and arguments to put before a command that needs a private /etc, /opt and /run, which disappear with it.
 * Needs root.
 */
export const withOwnFiles = (directory: string): readonly [command: string, ...args: string[]] => [
  'unshare',
  ...['--mount', '--propagation', 'private'],
  ...['sh', '-c', SCRIPT, directory],
]
