/** Tidegate: a durable deployment engine. The client is in `tidegate/client`, the port in `tidegate/platform`. */
export { type ConnectOptions, connect, TidegateClient } from './client/index.ts'
export { type ErrorBody, type ErrorCode, errorTable, exitCodes, TidegateError } from './errors.ts'
export { defineConfig, defineService, SpecError } from './spec/index.ts'
