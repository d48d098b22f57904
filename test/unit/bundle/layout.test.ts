import { describe, expect, it } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { formatRegion, planArchive, type ArchiveFrame } from '../../../src/bundle/layout.ts';

const FRAME: ArchiveFrame = {
  topFolder: 'bundle_v1_20260111_202801',
  mtimeSeconds: 1_700_000_000,
  modelFiles: [{ path: 'model/a.gguf', sizeBytes: 10 * 2 ** 30 }],
};
const metadata = (sizeBytes: number): Map<string, Uint8Array> =>
  new Map(
    ['manifest.json', 'edge.json', 'registry_entry.json', 'benchmark_summary.json', 'SHA256SUMS'].map(
      (name) => [name, new Uint8Array(sizeBytes)],
    ),
  );

describe('planArchive', () => {
  it('knows the size of the archive without the model', () => {
    const layout = planArchive(FRAME, metadata(1000));
    expect(layout.regionBytes).toBe(65_536);
    // A PAX header (the file is past 8 GiB), the content and the end blocks.
    expect(layout.payloadBytes).toBe(3 * 512 + 10 * 2 ** 30 + 1024);
    expect(layout.sizeBytes).toBe(
      65_536 + 10 + 5 * Math.ceil(layout.payloadBytes / 65_531) + layout.payloadBytes + 8,
    );
  });

  it('gives every size of metadata a region with room for a signature', () => {
    for (let sizeBytes = 0; sizeBytes < 60_000; sizeBytes += 487) {
      const files = metadata(sizeBytes);
      const layout = planArchive(FRAME, files);
      const region = formatRegion(layout, files);
      expect(region).toHaveLength(layout.regionBytes);
      expect(layout.regionBytes % 65_536).toBe(0);
      const inflated = gunzipSync(region);
      expect(inflated).toHaveLength(5 * (512 + Math.ceil(sizeBytes / 512) * 512));
      const signed = new Map(files).set('model.sig', new Uint8Array(15_000));
      expect(planArchive(FRAME, signed).regionBytes).toBe(layout.regionBytes);
      expect(formatRegion(layout, signed)).toHaveLength(layout.regionBytes);
    }
  });
});
