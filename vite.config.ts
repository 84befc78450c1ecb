import react from '@vitejs/plugin-react'
import { defineConfig, type ProxyOptions } from 'vite'
import { compression } from 'vite-plugin-compression2'
import { bundledLicenses } from './scripts/bundled-licenses.js'

/** The emulator that `npm run dev:console` shows; another one by the variable that the AWS CLI takes, too. */
const EMULATOR = process.env.AWS_ENDPOINT_URL_ECR ?? 'http://127.0.0.1:4566'

/** The emulator refuses pages of other addresses, such as those of the development server. */
const asProgram: ProxyOptions = {
  target: EMULATOR,
  configure: (proxy) =>
    proxy.on('proxyReq', (request) => ['origin', 'sec-fetch-site'].forEach((name) => request.removeHeader(name))),
}

/**
 * `npm run build:console`: the console, which the control plane serves at `/console/`. `npm run dev:console` serves it
 * from its sources beside an emulator that runs.
 */
export default defineConfig({
  root: 'src/console',
  base: '/console/',
  logLevel: 'warn',
  // Files are compressed here, as far as it goes, and never while they are served.
  plugins: [react(), bundledLicenses(), compression({ algorithms: ['brotliCompress', 'gzip'], exclude: /\.vite\// })],
  server: { port: 4567, proxy: { '/_admin': asProgram, '^/$': asProgram } },
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2023',
    manifest: true,
    rolldownOptions: { checks: { bundlerTimings: false } },
    // The largest file is the components that every page has; spec/console/bundle-size.spec.ts limits the first load.
    chunkSizeWarningLimit: 2_000,
  },
})
