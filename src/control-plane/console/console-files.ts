import type { RequestHandler, Response } from 'express'
import { existsSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { protectiveHeaders } from '../../server/inert-headers.js'
import { splitOnce } from '../../server/split-once.js'

/** The dependency of serving the console's files. */
export interface ConsoleFilesDeps {
  /** Where `npm run build` has put them. */
  readonly consoleDirectory: string
}

/**
 * What a page of the console may do: run and show its own files and call the origin it came from. Cloudscape embeds the
 * font Open Sans.
 */
const consoleHeaders = {
  ...protectiveHeaders,
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    'font-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "worker-src 'none'",
    // No text becomes markup or script in the page; what may parse XML is in requests/trusted-types.ts.
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; '),
  // With `no-referrer` some browsers send `Origin: null`, by which the API would not know its own console.
  'referrer-policy': 'same-origin',
}

/** A file whose name has the hash of its content never changes. */
const FOREVER = 'public, max-age=31536000, immutable'

const NOT_BUILT = 'The console is not built: npm run build\n'

/**
 * Serves the console below the path it is mounted at. Every path that is no file is a page of it, and answered with its
 * index.html. Files are compressed in the build. None is looked for before the first request, and once there is an
 * index.html the list of compressed ones is kept.
 */
export function consoleFiles({ consoleDirectory }: ConsoleFilesDeps): RequestHandler {
  let opened: RequestHandler | undefined
  return async (req, res, next) => {
    res.set(consoleHeaders)
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.set('allow', 'GET, HEAD')
      return refuse(res, 405, `${req.method} is not allowed for the console: send GET or HEAD\n`)
    }
    const [path, search] = splitOnce(req.originalUrl, '?')
    if (path === req.baseUrl)
      return void res
        .status(302)
        .set('location', `${path}/${search === undefined ? '' : `?${search}`}`)
        .end()
    if (!opened && !existsSync(join(consoleDirectory, INDEX))) return refuse(res, 404, NOT_BUILT)
    const files = (opened ??= await openFiles(consoleDirectory))
    for (const name of CONDITIONS) delete req.headers[name]
    files(req, res, (error?: unknown) => {
      if (error !== undefined) return next(error)
      if (req.path.startsWith('/assets/')) return refuse(res, 404, 'The console has no such file\n')
      req.url = `/${INDEX}`
      forgetFile(res)
      files(req, res, () => refuse(res, 404, NOT_BUILT))
    })
  }
}

const INDEX = 'index.html'

/**
 * Conditions compare with what the files do not have, an ETag or a time: they would be refused, and the refusal kept as
 * long as the file. RFC 9110 section 13.1.
 */
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']

/**
 * Without ETag and Last-Modified: they come from a file's size and time, which are the same for the index.html of
 * another version, because npm gives every file the same time.
 */
async function openFiles(directory: string): Promise<RequestHandler> {
  const { default: expressStaticGzip } = await import('express-static-gzip')
  return expressStaticGzip(directory, {
    enableBrotli: true,
    orderPreference: ['br', 'gzip'],
    index: false,
    serveStatic: {
      redirect: false,
      etag: false,
      lastModified: false,
      cacheControl: false,
      acceptRanges: false,
      setHeaders(res, file) {
        if (relative(directory, file).startsWith(`assets${sep}`)) res.setHeader('cache-control', FOREVER)
      },
    },
  }) as RequestHandler
}

/** A compressed file that is gone since the list was made has left its headers. */
function forgetFile(res: Response): void {
  res.removeHeader('content-encoding')
  res.removeHeader('content-type')
}

function refuse(res: Response, status: number, text: string): void {
  forgetFile(res)
  res.status(status).type('text/plain').send(text)
}
