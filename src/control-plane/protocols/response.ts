import { HttpResponse } from '@smithy/protocol-http'
import { inertHeaders } from '../../server/inert-headers.js'

/** An answer with the headers common to all protocols. */
export const response = (statusCode: number, requestId: string, { type, text }: Body): HttpResponse =>
  new HttpResponse({
    statusCode,
    headers: {
      ...inertHeaders,
      'content-type': type,
      'content-length': String(Buffer.byteLength(text)),
      'x-amzn-requestid': requestId,
    },
    body: text,
  })

/** The body of an answer. */
export interface Body {
  readonly type: string
  readonly text: string
}
