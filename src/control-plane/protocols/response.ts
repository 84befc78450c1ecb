import { HttpResponse } from '@smithy/protocol-http'
import { inertHeaders } from '../../server/inert-headers.js'

/** An answer with the headers common to all protocols. `reason` is the error code, for metrics and logs. */
export const response = (statusCode: number, requestId: string, { type, text }: Body, reason?: string): HttpResponse =>
  new HttpResponse({
    statusCode,
    ...(reason !== undefined && { reason }),
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
