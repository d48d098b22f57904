/** `serve`: a small OpenAI-compatible server over an engine, for the model that is live. */
export { SERVE_FAILURES, ServeFailure, type ServeCode } from './error.ts';
export { servingLimits } from './serving-limits.ts';
export {
  DEFAULT_DRAIN_MS,
  DEFAULT_MAX_QUEUE,
  DEFAULT_REQUEST_TIMEOUT_MS,
  DEFAULT_SERVED_CONTEXT_TOKENS,
} from './limits.ts';
export { startServer, type RunningServer, type ServeContext, type ServerEnd } from './start-server.ts';
export type { ListenOptions, ModelName, RequestLine } from './types.ts';
