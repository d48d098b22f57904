/** What an attacker can do who knows this code: change a format-2 bundle and make every CRC and digest right again. */
import { memorySource, parseJson, type JsonObject, type JsonValue } from '../../../src/core/index.ts';
import { formatMember } from '../../../src/bundle/gzip-frame.ts';
import {
  formatModelHeader,
  formatRegion,
  planArchive,
  type ArchiveLayout,
} from '../../../src/bundle/layout.ts';
import { readMetadataRegion } from '../../../src/bundle/metadata-region.ts';
import { formatSums } from '../../../src/bundle/sums.ts';
import { json, sha256 } from './bundle-fixtures.ts';

export interface Forgery {
  /** Changes parsed JSON files; digests follow. */
  readonly edit?: Readonly<Record<string, (value: Record<string, JsonValue>) => void>>;
  /** Changes the files of the metadata, after their digests were taken. */
  readonly files?: (files: Map<string, Uint8Array>) => void;
  readonly layout?: Partial<ArchiveLayout>;
  /** Changes the tar stream of the model; framed anew. */
  readonly payload?: (payload: Buffer) => Uint8Array;
  /** Changes the metadata region at last. */
  readonly region?: (region: Buffer) => Uint8Array;
}

export async function forgeBundle(
  bytes: Buffer,
  { edit = {}, files: change, layout: frame, payload, region }: Forgery,
): Promise<Buffer> {
  const { files, layout, metadata } = await readMetadataRegion(memorySource(bytes));
  const forged = new Map(files);
  const sums = new Map(metadata.sums);
  for (const [name, use] of Object.entries(edit)) {
    const value = { ...(parseJson(forged.get(name) ?? '') as JsonObject) };
    use(value);
    forged.set(name, json(value));
    sums.set(name, sha256(forged.get(name) ?? ''));
  }
  forged.set('SHA256SUMS', Buffer.from(formatSums(sums)));
  change?.(forged);
  const newLayout = { ...planArchive({ ...layout, ...frame }, forged), ...frame };
  const start = Buffer.from(formatRegion(newLayout, forged));
  const stream = Buffer.from(unframe(bytes.subarray(layout.regionBytes)));
  for (const file of newLayout.modelFiles) Buffer.from(formatModelHeader(newLayout, file)).copy(stream, 0);
  return Buffer.concat([region?.(start) ?? start, formatMember(payload?.(stream) ?? stream)]);
}

/** The payload of a member of stored blocks. */
function unframe(member: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 10; ;) {
    const length = member.readUInt16LE(at + 1);
    blocks.push(member.subarray(at + 5, at + 5 + length));
    if (member[at] === 1) return Buffer.concat(blocks);
    at += 5 + length;
  }
}
