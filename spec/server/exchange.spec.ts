import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { startEmulator } from '../support/emulator.js'
import { startRegistry } from '../support/registry.js'

/** Metrics that record how requests ended. */
function recordedOutcomes() {
  const outcomes: string[] = []
  const metrics = { ...noMetrics, request: () => (_: string, outcome: string) => void outcomes.push(outcome) }
  return { outcomes, metrics }
}

/** Sends a part of a request and closes the connection once the server has it. */
function sendAndLeave(port: number, text: string): void {
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 50)),
  )
  socket.on('error', () => {})
}

const unfinished = 'host: localhost\r\ncontent-length: 100\r\n\r\nthe beginning of a body'

it('a client that leaves while the control plane reads its body is counted as gone and not as refused', async () => {
  const { outcomes, metrics } = recordedOutcomes()
  const decisions = decisionLog()
  await using emulator = await startEmulator({ metrics, decisions })
  sendAndLeave(Number(new URL(emulator.endpoint).port), `POST / HTTP/1.1\r\n${unfinished}`)
  await expect.poll(() => outcomes).toEqual(['CLIENT_GONE'])
  expect(decisions.find('00000000-0000-4000-8000-000000000001')).toBeUndefined()
})

it('a client that leaves while the data plane reads its manifest is counted as gone and not as refused', async () => {
  const { outcomes, metrics } = recordedOutcomes()
  await using registry = await startRegistry({ metrics })
  await registry.createRepository('app')
  const head = `PUT /v2/app/manifests/v1 HTTP/1.1\r\nauthorization: ${registry.tokenOf()}\r\n`
  sendAndLeave(registry.port, head + unfinished)
  await expect.poll(() => outcomes).toEqual(['CLIENT_GONE'])
})
