import request from 'undici/lib/api/api-request.js'
import buildConnector from 'undici/lib/core/connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'

/** What of undici the connections to upstreams need, loaded together with the first of them or in advance. */
export { Agent, buildConnector, request }
