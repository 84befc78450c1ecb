import { readFileSync } from 'node:fs'
import { ActionError, input } from './runner.js'

/** The inputs of the action, checked. Throws ActionError, which says what is wrong and what would be right. */
export function readOptions() {
  const options = {
    use: oneOf('use', ['npx', 'image']),
    version: input('version') || ownVersion(),
    program: input('program'),
    image: input('image'),
    port: number('port', 0, 65_535),
    config: input('config'),
    flags: input('flags').split(/\s+/).filter(Boolean),
    credentials: oneOf('credentials', ['test', 'none']),
    region: input('region') || 'us-east-1',
    timeoutMs: number('timeout-seconds', 1, 3_600) * 1_000,
  }
  if (options.use === 'image' && options.program)
    throw new ActionError('program is for use: npx; with use: image give the image')
  if (options.use === 'npx' && options.image) throw new ActionError('image is for use: image; without it, npx is used')
  return options
}

function oneOf(name, allowed) {
  const value = input(name) || allowed[0]
  if (!allowed.includes(value)) throw new ActionError(`${name} is ${value}: it must be ${allowed.join(' or ')}`)
  return value
}

function number(name, min, max) {
  const text = input(name)
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new ActionError(`${name} is ${text || 'empty'}: it must be a number from ${min} to ${max}`)
  return value
}

/** The action and the package have one version: they are one repository. */
const ownVersion = () => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
