/**
 * The model as the tar stream of a format-2 archive, read into buffers of the caller: headers, the files with their
 * SHA-256 taken as they pass, padding, end. A file that is not the one that was checked ends it.
 */
import { escapeText, throwIfAborted } from '../core/index.ts';
import { createSha256, openFileSource, sameIdentity, type FileSource } from '../system/index.ts';
import { BundleFailure } from './error.ts';
import { formatModelHeader, type ArchiveFrame } from './layout.ts';
import { paddingOf, TAR_END_BYTES } from './tar-header.ts';
import type { ArtifactFile } from './types.ts';

/** A filled buffer: the part that was filled, and which files the bytes of it belong to. */
export interface FilledBuffer {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
  readonly parts: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

export interface ModelStreamOptions {
  readonly frame: ArchiveFrame;
  readonly files: readonly ArtifactFile[];
  readonly payloadBytes: number;
  readonly signal?: AbortSignal | undefined;
}

type Segment =
  | { readonly kind: 'bytes'; readonly sizeBytes: number; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly sizeBytes: number }
  | { readonly kind: 'file'; readonly sizeBytes: number; readonly file: ArtifactFile };

export class ModelStream {
  readonly #segments: Iterator<Segment>;
  readonly #signal: AbortSignal | undefined;
  #segment: Segment | null = null;
  /** Within the segment. */
  #at = 0;
  #restBytes: number;
  #source: FileSource | null = null;

  constructor({ frame, files, payloadBytes, signal }: ModelStreamOptions) {
    this.#segments = segmentsOf(frame, files);
    this.#signal = signal;
    this.#restBytes = payloadBytes;
  }

  /** Fills the buffer as far as there is something left. Throws `BUNDLE_SOURCE_CHANGED`, `SYSTEM_*`, `CORE_INTERRUPTED`. */
  async fill(buffer: Uint8Array): Promise<FilledBuffer> {
    const wanted = Math.min(buffer.length, this.#restBytes);
    const parts: { path: string; bytes: Uint8Array }[] = [];
    let done = 0;
    while (done < wanted) {
      throwIfAborted(this.#signal);
      this.#segment ??= this.#segments.next().value as Segment;
      const segment = this.#segment;
      const into = buffer.subarray(done, done + Math.min(wanted - done, segment.sizeBytes - this.#at));
      if (segment.kind === 'file') parts.push({ path: segment.file.path, bytes: into });
      await this.#copy(segment, into);
      done += into.length;
      this.#at += into.length;
      if (this.#at === segment.sizeBytes) await this.#endSegment();
    }
    this.#restBytes -= done;
    return { bytes: buffer.subarray(0, done), isLast: this.#restBytes === 0, parts };
  }

  /** Closes what is open, whatever happened. */
  async close(): Promise<void> {
    await this.#source?.close();
    this.#source = null;
  }

  async #copy(segment: Segment, into: Uint8Array): Promise<void> {
    switch (segment.kind) {
      case 'bytes':
        into.set(segment.bytes.subarray(this.#at, this.#at + into.length));
        return;
      case 'zeros':
        into.fill(0);
        return;
      case 'file':
        this.#source ??= await openChecked(segment.file);
        await this.#source.read(this.#at, into.length, into);
    }
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    this.#at = 0;
    if (segment?.kind !== 'file') return;
    // An empty file has not been opened; it is looked at all the same.
    this.#source ??= await openChecked(segment.file);
    await this.#source.assertUnchanged();
    await this.close();
  }
}

/** Opens a file of an artifact and refuses another one than was checked. */
export async function openChecked(file: ArtifactFile): Promise<FileSource> {
  const source = await openFileSource(file.absolutePath);
  if (sameIdentity(source.identity, file.identity) && source.sizeBytes === file.sizeBytes) return source;
  await source.close();
  const message = `${escapeText(file.absolutePath)} was changed after it was checked.`;
  throw new BundleFailure('BUNDLE_SOURCE_CHANGED', message, {
    details: {
      path: file.absolutePath,
      expected: `${file.sizeBytes} bytes, modified ${file.identity.mtimeNs}`,
      received: `${source.sizeBytes} bytes, modified ${source.identity.mtimeNs}`,
    },
  });
}

/** SHA-256 of each file, from the parts of filled buffers in their order. */
export class FileDigests {
  readonly #digests = new Map<string, string>();
  #path: string | null = null;
  #hash = createSha256();

  add(parts: FilledBuffer['parts']): void {
    for (const { path, bytes } of parts) {
      if (path !== this.#path) this.#start(path);
      this.#hash.update(bytes);
    }
  }

  finish(): ReadonlyMap<string, string> {
    this.#end();
    return this.#digests;
  }

  #start(path: string): void {
    this.#end();
    this.#path = path;
    this.#hash = createSha256();
  }

  #end(): void {
    if (this.#path !== null) this.#digests.set(this.#path, this.#hash.digest('hex'));
    this.#path = null;
  }
}

function* segmentsOf(frame: ArchiveFrame, files: readonly ArtifactFile[]): Generator<Segment> {
  for (const file of files) {
    const header = formatModelHeader(frame, file);
    yield { kind: 'bytes', sizeBytes: header.length, bytes: header };
    yield { kind: 'file', sizeBytes: file.sizeBytes, file };
    const padding = paddingOf(file.sizeBytes);
    if (padding > 0) yield { kind: 'zeros', sizeBytes: padding };
  }
  yield { kind: 'zeros', sizeBytes: TAR_END_BYTES };
}
