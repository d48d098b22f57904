/**
 * Decides what becomes of a file by what it holds: it ships only if its content is, from the first byte to the last, something
 * on the list. Safetensors are judged by their header; all else is read whole, within limits.
 */
import { escapeText, formatBytes, memorySource, type ByteSource } from '../core/index.ts';
import { HfFailure } from './error.ts';
import type { HeaderBudget } from './header-budget.ts';
import { findImageFault, imageKind, type ImageKind } from './image.ts';
import { judgeBinary } from './judge-binary.ts';
import { judgeText } from './judge-text.ts';
import { unsafe, type Judgement, type UnsafeJudgement } from './judgement.ts';
import {
  MAX_IMAGE_BYTES,
  MAX_JUDGED_BYTES,
  MAX_SAFETENSORS_HEADER_BYTES,
  MAX_SENTENCEPIECE_BYTES,
  MAX_TEXT_BYTES,
} from './limits.ts';
import { findSecondFormat } from './polyglot.ts';
import { parseSafetensorsHeader } from './safetensors.ts';
import { isSentencePiece } from './sentencepiece.ts';
import { isPlainText, startsAsText } from './text.ts';

const HEAD_BYTES = 64 * 1024;

/** Reads whole files of one directory into one buffer, and no more of them than a model has. */
export class WholeFileReader {
  #buffer = new Uint8Array(0);
  #bytesLeft = MAX_JUDGED_BYTES;

  /** `head`: what was read of it already. Valid until the next call. Throws `HF_DIRECTORY_LIMIT`. */
  async read(path: string, source: ByteSource, head: Uint8Array, maxBytes: number): Promise<Uint8Array> {
    const { sizeBytes } = source;
    if (sizeBytes > maxBytes) {
      throw limit(`${escapeText(path)} is larger than a file of its kind can be.`, path, maxBytes, sizeBytes);
    }
    this.#bytesLeft -= sizeBytes;
    if (this.#bytesLeft < 0) {
      throw limit(
        `${escapeText(path)} and the files before it hold more text than any model.`,
        path,
        MAX_JUDGED_BYTES,
        MAX_JUDGED_BYTES - this.#bytesLeft,
      );
    }
    if (head.length === sizeBytes) return head;
    if (this.#buffer.length < sizeBytes) this.#buffer = new Uint8Array(sizeBytes);
    return source.read(0, sizeBytes, this.#buffer);
  }
}

/** What all files of one directory share. */
export interface JudgingMeans {
  readonly reader: WholeFileReader;
  readonly budget: HeaderBudget;
}

/** Throws `HF_SAFETENSORS_INVALID`, `HF_SAFETENSORS_LIMIT`, `HF_JSON_INVALID`, `HF_DIRECTORY_LIMIT`, `CORE_SOURCE_SHORT`. */
export async function judgeContent(
  path: string,
  source: ByteSource,
  { reader, budget }: JudgingMeans,
): Promise<Judgement> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes));
  const weights = await judgeSafetensors(path, source, { head, budget });
  if (weights !== null) return weights;
  const kind = imageKind(head);
  if (kind !== null) return judgeImage(kind, await reader.read(path, source, head, MAX_IMAGE_BYTES));
  if (startsAsText(head)) {
    const bytes = await reader.read(path, source, head, MAX_TEXT_BYTES);
    if (!isPlainText(bytes)) return judgeBinary(head);
    return (await judgeSecondFormat(memorySource(bytes))) ?? judgeText(path, bytes);
  }
  // pieces, or any of the other messages first: all of them are length-delimited.
  if (SENTENCEPIECE_TAGS.has(head[0] ?? 0) && source.sizeBytes <= MAX_SENTENCEPIECE_BYTES) {
    const bytes = await reader.read(path, source, head, MAX_SENTENCEPIECE_BYTES);
    if (isSentencePiece(bytes)) {
      return (await judgeSecondFormat(memorySource(bytes))) ?? { kind: 'ships', format: 'sentencepiece' };
    }
  }
  return judgeBinary(head);
}

const SENTENCEPIECE_TAGS = new Set([0x0a, 0x12, 0x1a, 0x22, 0x2a]);

/** Null where the file neither claims to be safetensors nor is. */
async function judgeSafetensors(
  path: string,
  source: ByteSource,
  { head, budget }: { readonly head: Uint8Array; readonly budget: HeaderBudget },
): Promise<Judgement | null> {
  const isNamed = /\.safetensors$/i.test(path);
  if (!isNamed && !couldBeSafetensors(head)) return null;
  try {
    const header = await parseSafetensorsHeader(source, { budget });
    const second = await judgeSecondFormat(source);
    return second === null ? { kind: 'ships', format: 'safetensors', header } : { ...second, header };
  } catch (error) {
    if (!(error instanceof HfFailure)) throw error;
    // Whose name it bears does not matter if it is something worse.
    const judged = judgeBinary(head);
    if (judged.kind === 'unsafe' && judged.class !== 'unknown') return judged;
    if (isNamed) throw error;
    return null;
  }
}

/** A length that the format allows, and "{" behind it. */
function couldBeSafetensors(head: Uint8Array): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  return length <= BigInt(MAX_SAFETENSORS_HEADER_BYTES);
}

async function judgeImage(kind: ImageKind, bytes: Uint8Array): Promise<Judgement> {
  const fault = findImageFault(kind, bytes);
  if (fault !== null) return unsafe('polyglot', `a ${kind} picture that ${fault}`);
  return (await judgeSecondFormat(memorySource(bytes))) ?? { kind: 'ships', format: 'image' };
}

async function judgeSecondFormat(source: ByteSource): Promise<UnsafeJudgement | null> {
  const second = await findSecondFormat(source);
  return second === null ? null : unsafe('polyglot', second);
}

function limit(message: string, path: string, expected: number, received: number): HfFailure {
  return new HfFailure('HF_DIRECTORY_LIMIT', message, {
    details: { path, expected: `at most ${formatBytes(expected)}`, received: formatBytes(received) },
  });
}
