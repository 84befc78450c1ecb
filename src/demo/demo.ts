import { ECRClient } from '@aws-sdk/client-ecr'
import { compose } from '../compose/compose.js'
import { defaultConfig } from '../config/config.js'
import { jsonLog } from '../cli/process-log.js'
import { demoImage } from './demo-image.js'
import { screen } from './screen.js'
import { REPOSITORY, tellStory } from './story.js'
import { startUpstream } from './demo-upstream.js'

/** Where the demo writes: `process.stdout` fits. */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/**
 * Shows the pull through cache from the first pull to the update a day later. Needs no network, because the demo has
 * its own upstream. Uses only the public API. Resolves with whether all checks held.
 */
export async function demo(out: Output): Promise<boolean> {
  const upstream = await startUpstream(REPOSITORY)
  const upstreams = { 'public.ecr.aws': { endpoint: upstream.endpoint } }
  const config = { ...defaultConfig, store: 'memory', port: 0, upstreams } as const
  const running = await compose(config, ['control-plane', 'data-plane'], jsonLog('error'))
  const { endpoint = '', registry } = running
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const show = screen((text) => out.write(text), out.isTTY === true)
  try {
    const images = { old: demoImage('1.0'), new: demoImage('1.1') }
    await tellStory({ show, upstream, ecr, endpoint, registry, images })
    return show.end('That is the pull through cache. Now with your own images: ecr-local start')
  } catch (error) {
    show.check(error instanceof Error ? error.message : String(error), false)
    return show.end('')
  } finally {
    ecr.destroy()
    await running.close()
    await upstream.close()
  }
}
