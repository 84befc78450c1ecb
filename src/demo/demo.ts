import { startEcrLocal } from '../library/ecr-local.js'
import { screen } from './screen.js'
import { REPOSITORY, TAG, tellStory } from './story.js'

/** Where the demo writes: `process.stdout` fits. */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const MEBIBYTE = 1024 * 1024

/** A base, an application and its settings, of two platforms. */
const IMAGE = {
  platforms: ['linux/amd64', 'linux/arm64'],
  layers: [6, 2, 1 / 4].map((mebibytes) => ({ bytes: mebibytes * MEBIBYTE })),
}

/**
 * Shows the pull through cache from the first pull to the update a day later. Needs no network, because the library's
 * upstream stands in for a public registry. Resolves with whether all checks held.
 */
export async function demo(out: Output): Promise<boolean> {
  const ecr = await startEcrLocal({ log: 'error' })
  const show = screen((text) => out.write(text), out.isTTY === true)
  try {
    const images = {
      old: ecr.upstream.image(REPOSITORY, TAG, { ...IMAGE, version: '1.0' }),
      new: ecr.upstream.image(REPOSITORY, 'next', { ...IMAGE, version: '1.1' }),
    }
    await tellStory({ show, ecr, client: ecr.client(), images })
    return show.end('That is the pull through cache. Now with your own images: ecr-local start')
  } catch (error) {
    show.check(error instanceof Error ? error.message : String(error), false)
    return show.end('')
  } finally {
    await ecr.stop()
  }
}
