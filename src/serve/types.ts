/** What a server is told and what it tells. */
import type { ServingModel } from '../engine/index.ts';

/** Which model it is, as clients and probes are told. */
export interface ModelName {
  /** The version; the only id in the list of models. */
  readonly id: string;
  /** Lower-case hex, of the artifact; null where it is not known yet. */
  readonly sha256: string | null;
  /** The release that was live when the server started; null for a plain file. */
  readonly release: string | null;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Serves other machines without a key. */
  readonly allowRemote: boolean;
  readonly apiKeyFile: string | null;
  /** Further names by which clients may call this server. */
  readonly allowedHosts: readonly string[];
  /** Requests that may wait. */
  readonly maxQueue: number;
  /** For one answer, from its turn on. */
  readonly requestTimeoutMs: number;
  /** For what is being answered when the server is asked to end. */
  readonly drainMs: number;
}

/** What is being served now; the server's answers follow from it. */
export type ServerState =
  | { readonly kind: 'loading'; readonly name: ModelName | null }
  | {
      readonly kind: 'ready';
      readonly name: ModelName;
      readonly model: ServingModel;
      /** `llama-cpp 3.22.1 (llama.cpp v0.5.0)`. */
      readonly engine: string;
    }
  | { readonly kind: 'ending'; readonly name: ModelName | null };

/** One request that was answered, for whoever watches. Nothing of what was said is in it. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
  /** 499 where the client had gone before the answer was complete. */
  readonly status: number;
  readonly durationMs: number;
  readonly promptTokens: number | null;
  readonly tokens: number | null;
  readonly client: string;
}
