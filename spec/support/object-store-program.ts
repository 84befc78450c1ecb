import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startS3Server } from './s3-server.js'

/**
 * The S3 server for specs in place of the object store in docker-compose.yml, started with the same command: `versitygw
 * --port :9000 --health /health posix /data`. Every directory in its data is a bucket; their objects are kept in
 * memory.
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
