import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startS3Server } from './s3-server.js'

/**
 * The specs' own S3 server in the place of the object store that docker-compose.yml names, as a program that is started the
 * same way: `versitygw --port :9000 --health /health posix /data`. Every directory of its data is a bucket; what is put into
 * them stays in memory.
 */
const { values, positionals } = parseArgs({
  options: { port: { type: 'string' }, health: { type: 'string' } },
  allowPositionals: true,
})
const [, data = '/data'] = positionals
const server = await startS3Server({
  host: '0.0.0.0',
  port: Number(values.port?.replace(':', '')),
  buckets: readdirSync(data),
  accessKeyId: process.env.ROOT_ACCESS_KEY,
  secretAccessKey: process.env.ROOT_SECRET_KEY,
})
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)))
