// The health check of the container image: whether ecr-local serves requests on the port of its variables. Of a
// certificate it checks nothing, because it asks for 127.0.0.1.
import { request as overHttp } from 'node:http'
import { request as overTls } from 'node:https'
import process from 'node:process'

const { ECR_LOCAL_PORT: port = '4566', ECR_LOCAL_TLS_CERT: certificate } = process.env
const request = certificate ? overTls : overHttp
request({ host: '127.0.0.1', port, path: '/ready', rejectUnauthorized: false })
  .on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1))
  .end()
