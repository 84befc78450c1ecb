import { licensePlugin } from 'rolldown-license-plugin'

/** The licences that dependencies may have. */
const ACCEPTED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
])

/**
 * Writes `licenses.txt` beside a bundle: the licences of the libraries that it contains, which must accompany copies of
 * their code. A library with a licence that is not accepted, or without one, fails the build.
 */
export const bundledLicenses = () =>
  licensePlugin({
    allow: ({ license }) => ACCEPTED.has(license),
    failOnViolation: true,
    failOnUnlicensed: true,
    match: /^(licen[cs]e|copying|notice)/i,
    done(licenses, context) {
      const source = licenses.map(({ name, version, license, licenseText }) =>
        [`${name} ${version} (${license})`, licenseText.trim()].join('\n\n'),
      )
      context.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: `${source.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
      })
    },
  })
