/** Benchmarks with somebody else's server: a model is measured there only where the server shows it under its name. */
import { escapeText, isJsonObject } from '../core/index.ts';
import type { OpenAiEngine, ServedSubject } from '../engine/index.ts';
import type { MeasuredArtifact } from '../evidence/index.ts';
import { findGgufPath, type RegistryEntry } from '../registry/index.ts';
import { hashGguf } from './bench-candidate.ts';
import type { BenchEngine, OpenedFacts, OpenOptions } from './bench-engine.ts';
import { PipelineFailure } from './error.ts';
import { readRegisteredSha256 } from './registered-gguf.ts';

export interface ServedBenchOptions {
  readonly engine: OpenAiEngine;
  /** The name of a version at the server, where it is not the version itself. */
  readonly servedAs: Readonly<Record<string, string>>;
}

export function servedBench({ engine, servedAs }: ServedBenchOptions): BenchEngine {
  return {
    name: engine.name,
    runsFiles: false,
    foresee: async () => Promise.resolve(null),
    async open({ entry }, { signal }) {
      const { version } = entry;
      const name = Object.hasOwn(servedAs, version) ? (servedAs[version] ?? version) : version;
      const served = await engine.subject(name, signal === undefined ? {} : { signal });
      return {
        subject: cancellable(served, signal),
        facts: NOTHING_KNOWN,
        settings: null,
        artifact: await bindServed(entry, served, { signal }),
        confirm: async (options) => served.confirm(options),
        close: async () => Promise.resolve(),
      };
    },
  };
}

/** With a question of its own ended where the benchmark is. */
export function cancellable<Subject extends Pick<ServedSubject, 'scoreEach' | 'embed'>>(
  subject: Subject,
  signal: AbortSignal | undefined,
): Subject {
  const { scoreEach, embed } = subject;
  return {
    ...subject,
    scoreEach:
      scoreEach === null
        ? null
        : async (prefix: string, continuations: readonly string[]) =>
            scoreEach(prefix, continuations, { signal }),
    embed: embed === null ? null : async (texts: readonly string[]) => embed(texts, { signal }),
  };
}

const NOTHING_KNOWN: OpenedFacts = {
  loadMs: null,
  threads: null,
  contextTokens: null,
  deviceName: null,
  missingProtections: [],
};

/**
 * The artifact of the entry where the server states its digest; null where it states none, or there is no GGUF here. Throws
 * `PIPELINE_SERVED_OTHER_BYTES`, and what hashing throws where the registry has no digest.
 */
async function bindServed(
  entry: RegistryEntry,
  { served: { name, sha256 } }: ServedSubject,
  { signal }: OpenOptions,
): Promise<MeasuredArtifact | null> {
  if (sha256 === null || findGgufPath(entry) === null) return null;
  const artifact = registeredArtifact(entry) ?? (await hashGguf(entry, { signal })).artifact;
  if (artifact.sha256 === sha256) return artifact;
  const version = escapeText(entry.version);
  throw new PipelineFailure(
    'PIPELINE_SERVED_OTHER_BYTES',
    `The server shows ${escapeText(name)} with other bytes than ${version} has: its numbers would be those of another model.`,
    {
      details: {
        version: entry.version,
        served_as: name,
        expected: `sha256:${artifact.sha256}`,
        received: `sha256:${sha256}`,
      },
    },
  );
}

/** Null in the entries of other tools. */
function registeredArtifact(entry: RegistryEntry): MeasuredArtifact | null {
  const path = findGgufPath(entry);
  const sha256 = readRegisteredSha256(entry);
  const { milton } = entry.metrics;
  const gguf = isJsonObject(milton) ? milton['gguf'] : null;
  const size_bytes = isJsonObject(gguf) ? gguf['size_bytes'] : null;
  if (path === null || sha256 === null || typeof size_bytes !== 'number') return null;
  return { type: 'gguf', path, sha256, size_bytes };
}
