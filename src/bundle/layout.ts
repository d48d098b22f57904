/**
 * Where every byte of a format-2 archive lies, from its metadata alone: member 1 with the metadata, the fill up to a
 * multiple of 64 KiB with room for a signature, member 3 with the model.
 */
import { MIN_FILL_BYTES, formatFill, formatMember, memberBytes } from './gzip-frame.ts';
import { METADATA_NAMES, SIGNATURE_NAME, type MetadataFiles } from './metadata-files.ts';
import {
  concat,
  formatTarHeader,
  paddingOf,
  TAR_BLOCK_BYTES,
  TAR_END_BYTES,
  tarHeaderBytes,
} from './tar-header.ts';

/** The archive is laid out in units of 64 KiB. */
export const REGION_UNIT_BYTES = 64 * 1024;
/** Left free for `model.sig`: an envelope with its certificate … */
const SIGNATURE_ROOM_BYTES = 16 * 1024;
/** … and the line that it has for every file of the model. */
const SIGNATURE_ROOM_PER_FILE_BYTES = 512;

export interface ModelFile {
  /** Below the top folder: `model/…`. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** What the bytes of both members follow from. */
export interface ArchiveFrame {
  readonly topFolder: string;
  readonly mtimeSeconds: number;
  /** In the order of the archive. */
  readonly modelFiles: readonly ModelFile[];
}

export interface ArchiveLayout extends ArchiveFrame {
  /** Where member 3 starts. */
  readonly regionBytes: number;
  /** The tar stream in member 3. */
  readonly payloadBytes: number;
  readonly sizeBytes: number;
}

/** Needs only the sizes of the metadata, so that room can be kept before they are known. */
export function planArchive(frame: ArchiveFrame, metadata: MetadataFiles): ArchiveLayout {
  const regionBytes = planRegion(frame, metadata);
  const files = frame.modelFiles.map(
    (file) => modelHeaderBytes(frame, file) + file.sizeBytes + paddingOf(file.sizeBytes),
  );
  const payloadBytes = files.reduce((sum, size) => sum + size, 0) + TAR_END_BYTES;
  return { ...frame, regionBytes, payloadBytes, sizeBytes: regionBytes + memberBytes(payloadBytes) };
}

/** Members 1 and 2 in one piece: everything before the model. */
export function formatRegion(layout: ArchiveLayout, metadata: MetadataFiles): Uint8Array {
  return concat(formatRegionMembers(layout, metadata));
}

/** The metadata, then the fill. */
export function formatRegionMembers(layout: ArchiveLayout, metadata: MetadataFiles): readonly Uint8Array[] {
  const parts = namesOf(metadata).flatMap((name) => {
    const bytes = metadata.get(name) ?? new Uint8Array();
    return [
      formatTarHeader(tarFile(layout, { path: name, sizeBytes: bytes.length })),
      bytes,
      new Uint8Array(paddingOf(bytes.length)),
    ];
  });
  const member = formatMember(concat(parts));
  return [member, formatFill(layout.regionBytes - member.length)];
}

export function formatModelHeader(frame: ArchiveFrame, file: ModelFile): Uint8Array {
  return formatTarHeader(tarFile(frame, file));
}

function modelHeaderBytes(frame: ArchiveFrame, file: ModelFile): number {
  return tarHeaderBytes(tarFile(frame, file));
}

/**
 * The smallest multiple of 64 KiB that holds the metadata, the smallest fill, and a signature: the one that is there, or
 * one of ordinary size, so that signing later does not move the model.
 */
function planRegion({ modelFiles }: ArchiveFrame, metadata: MetadataFiles): number {
  const sizeOf = (names: readonly string[]): number =>
    names.reduce((sum, name) => {
      const sizeBytes = metadata.get(name)?.length ?? 0;
      return sum + TAR_BLOCK_BYTES + sizeBytes + paddingOf(sizeBytes);
    }, 0);
  const room = SIGNATURE_ROOM_BYTES + SIGNATURE_ROOM_PER_FILE_BYTES * modelFiles.length;
  const payload = Math.max(sizeOf(METADATA_NAMES) + room, sizeOf(namesOf(metadata)));
  return Math.ceil((memberBytes(payload) + MIN_FILL_BYTES) / REGION_UNIT_BYTES) * REGION_UNIT_BYTES;
}

function namesOf(metadata: MetadataFiles): readonly string[] {
  return metadata.has(SIGNATURE_NAME) ? [...METADATA_NAMES, SIGNATURE_NAME] : METADATA_NAMES;
}

function tarFile(
  { topFolder, mtimeSeconds }: ArchiveFrame,
  { path, sizeBytes }: ModelFile,
): Parameters<typeof formatTarHeader>[0] {
  return { path: `${topFolder}/${path}`, sizeBytes, mtimeSeconds };
}
