/** A machine on which everything is as it should be; a test changes what it is about. */
import { NO_TRUST_MEMORY } from '../../src/deploy/index.ts';
import type { MachineFacts, PlaceFacts, TargetPlace } from '../../src/pipeline/index.ts';

export const GOOD_PLACE: PlaceFacts = {
  folder: '/srv',
  isFolder: true,
  isWritable: true,
  isReadOnly: false,
  isOpen: false,
  fileSystem: {
    id: '8:1',
    type: 'ext4',
    isNetwork: false,
    hasSymbolicLinks: true,
    maxFileBytes: null,
    freeBytes: 50e9,
    totalBytes: 100e9,
  },
  abilities: { hasUnnamedFiles: true, lockRefusal: null, sharesBlocks: false },
};

export const GOOD_TARGET: TargetPlace = {
  place: GOOD_PLACE,
  examined: {
    targetPath: '/srv/llm',
    refusal: null,
    marginBytes: 16 * 1024 * 1024,
    facts: {
      platform: 'linux',
      targetPath: '/srv/llm',
      parentDir: '/srv',
      within: null,
      parent: 'ready',
      unsafeFolders: [],
      occupant: { kind: 'nothing' },
      fileSystem: GOOD_PLACE.fileSystem,
      availableMemoryBytes: 8e9,
      view: {
        releases: [],
        removed: [],
        unfinished: null,
        service: null,
        tester: null,
        adopting: null,
        trust: NO_TRUST_MEMORY,
        lastSeq: 0,
      },
    },
  },
};

export const GOOD_MACHINE: MachineFacts = {
  platform: 'linux',
  arch: 'arm64',
  kernel: '6.1.0-rpi7-rpi-v8',
  nodeVersion: '20.19.0',
  engine: {
    name: 'llama-cpp',
    version: '3.22.1',
    trial: { kind: 'generated', engineVersion: '3.22.1 (llama.cpp v0.5.0)', tookMs: 900 },
  },
  calls: { hasFlock: true, hasFileCalls: true },
  missingProtections: [],
  memory: { totalBytes: 8e9, availableBytes: 6e9, physicalBytes: 8e9, swapBytes: 0 },
  openFilesLimit: 1024,
  temporary: { path: '/tmp', isWritable: true },
  locale: 'C.UTF-8',
  clock: { now: new Date('2026-05-01T12:00:00Z'), newest: null, isSynchronised: true },
  services: { isSystemd: true, user: 'pi', isLingering: true },
  state: { path: '/var/lib/milton', place: { ...GOOD_PLACE, folder: '/var/lib/milton' } },
  targets: [GOOD_TARGET],
};
