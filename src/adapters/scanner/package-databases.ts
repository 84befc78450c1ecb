/*
 * The databases of package managers in the file system of an image.
 */

/** Reads the packages of one database file. */
type ReadPackages = (text: string) => [name: string, version: string][]

/** The reader for a file of this path, without a leading slash; undefined for any other file. */
export function packageReader(path: string): ReadPackages | undefined {
  if (path === 'var/lib/dpkg/status' || /^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path)) return dpkgPackages
  return /^(usr\/)?lib\/apk\/db\/installed$/.test(path) ? apkPackages : undefined
}

/** https://man7.org/linux/man-pages/man1/dpkg-query.1.html; images without a shell have a file for each package. */
const dpkgPackages: ReadPackages = (text) =>
  paragraphs(text).flatMap((paragraph) => {
    const status = field(paragraph, 'Status')
    const isInstalled = status === undefined || status.endsWith(' installed')
    return isInstalled ? packageOf(field(paragraph, 'Package'), field(paragraph, 'Version')) : []
  })

/** https://wiki.alpinelinux.org/wiki/Apk_spec */
const apkPackages: ReadPackages = (text) =>
  paragraphs(text).flatMap((paragraph) => packageOf(field(paragraph, 'P'), field(paragraph, 'V')))

const paragraphs = (text: string) => text.split(/\n{2,}/)

const field = (paragraph: string, name: string): string | undefined =>
  new RegExp(`^${name}: ?(.*)$`, 'm').exec(paragraph)?.[1]

const packageOf = (name: string | undefined, version: string | undefined): [string, string][] =>
  name === undefined || version === undefined ? [] : [[name, version]]
