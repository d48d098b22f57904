/** Checks the structure of the GGUF files inside a bundle where they lie: headers are read from the stream, nothing is unpacked. */
import { openBundleEntries, type BundleEntry } from '../bundle/index.ts';
import { assertRange, CoreFailure, type ByteSource, type Warning } from '../core/index.ts';
import {
  checkModelFiles,
  describeGguf,
  HeaderBudget,
  readAndCheckGguf,
  type GgufFacts,
  type GgufPolicyRule,
  type NamedGguf,
} from '../gguf/index.ts';
import type { WorkOptions } from './release-source.ts';

export interface BundledGgufOptions extends Pick<WorkOptions, 'signal'> {
  /** Paths of the model files in the bundle. */
  readonly files: readonly string[];
  readonly allow: readonly GgufPolicyRule[];
}

export interface BundledGguf extends Pick<GgufFacts, 'chatTemplates'> {
  readonly warnings: readonly Warning[];
}

/** Throws `GGUF_*`, and what reading the bundle throws; its digests are somebody else's matter. */
export async function checkBundledGguf(
  bundle: ByteSource,
  { files, allow, signal }: BundledGgufOptions,
): Promise<BundledGguf> {
  const { entries } = await openBundleEntries(bundle, { signal });
  const waiting = new Set(files);
  const shards: NamedGguf[] = [];
  const warnings: Warning[] = [];
  const budget = new HeaderBudget();
  let chatTemplates: BundledGguf['chatTemplates'] = [];
  for await (const entry of entries()) {
    if (waiting.delete(entry.path)) {
      const source = streamSource(entry);
      const { file, check } = await readAndCheckGguf(source, {
        allow,
        budget,
        ...(signal === undefined ? {} : { signal }),
      });
      // The first shard carries the metadata, and comes first.
      if (shards.length === 0) chatTemplates = describeGguf(file).chatTemplates;
      // With its folder: llama.cpp looks for the others beside the first.
      shards.push({ name: entry.path, file });
      warnings.push(...check.warnings);
    }
    // The weights of the last one need not be read again.
    if (waiting.size === 0) break;
  }
  checkModelFiles(shards);
  return { warnings, chatTemplates };
}

/** A header is read from front to back, so a stream will do for it. */
function streamSource({ path, sizeBytes, bytes }: BundleEntry): ByteSource {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const pieces = bytes[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array();
  let offset = 0;
  return {
    name,
    sizeBytes,
    async read(at, length, into = new Uint8Array(length)) {
      assertRange({ name, sizeBytes }, at, length);
      let done = 0;
      while (done < length) {
        const skip = at + done - offset;
        if (skip < 0) throw new Error('A stream is read from front to back.');
        const part = piece.subarray(skip, skip + length - done);
        into.set(part, done);
        done += part.length;
        if (done === length) break;
        offset += piece.length;
        const next = await pieces.next();
        if (next.done === true) {
          throw new CoreFailure('CORE_SOURCE_SHORT', `${name} ended before the bytes that are needed.`);
        }
        piece = next.value;
      }
      return into.subarray(0, length);
    },
  };
}
