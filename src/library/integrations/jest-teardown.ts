/** The global teardown of Jest, a module of its own as Jest wants it: `"globalTeardown": "ecr-local/jest/teardown"`. */
export { ecrLocalTeardown as default } from './jest.js'
