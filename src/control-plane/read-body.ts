/** Room for UploadLayerPart's 20 MiB as base64 in JSON. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024
