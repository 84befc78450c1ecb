import { inject } from 'vitest'

// AWS_ENDPOINT_URL, AWS_REGION and an access key: clients that are made without any settings find the emulator.
Object.assign(process.env, inject('ecrLocal').env)
