import { describe, expect, it } from 'vitest';

import { toContainedEnd, type EndFacts } from '../../../src/system/contained-end.ts';

const CLEAN: EndFacts = {
  code: 0,
  signal: null,
  killedFor: null,
  stderrTail: '',
  kernelOomKills: 0,
  peakDataBytes: 0,
  limitDataBytes: 1e9,
};

describe('toContainedEnd', () => {
  it.each<[string, Partial<EndFacts>, object]>([
    ['a clean exit', {}, { kind: 'exited', code: 0 }],
    ['an exit code', { code: 9 }, { kind: 'exited', code: 9 }],
    ['a signal', { code: null, signal: 'SIGSEGV' }, { kind: 'signalled', signal: 'SIGSEGV' }],
    [
      'our own kill, before anything that was printed',
      {
        code: null,
        signal: 'SIGKILL',
        killedFor: { kind: 'timed-out', limitMs: 5 },
        stderrTail: 'std::bad_alloc',
      },
      { kind: 'timed-out', limitMs: 5 },
    ],
    ['a cancel', { code: null, signal: 'SIGKILL', killedFor: { kind: 'cancelled' } }, { kind: 'cancelled' }],
    [
      'a kill by the kernel for want of memory',
      { code: null, signal: 'SIGKILL', kernelOomKills: 1 },
      { kind: 'out-of-memory', evidence: 'the kernel killed it for want of memory' },
    ],
    [
      'a crash while the kernel killed somebody else',
      { code: null, signal: 'SIGSEGV', kernelOomKills: 1 },
      { kind: 'signalled', signal: 'SIGSEGV' },
    ],
    [
      'a message about memory before an exit without success',
      { code: null, signal: 'SIGABRT', stderrTail: 'one\n  what():  std::bad_alloc\nAborted\n' },
      { kind: 'out-of-memory', evidence: 'what():  std::bad_alloc' },
    ],
    [
      'a message about memory before success',
      { stderrTail: 'failed to allocate, trying again' },
      { kind: 'exited', code: 0 },
    ],
    [
      'a silent crash near the memory limit',
      { code: null, signal: 'SIGSEGV', peakDataBytes: 9e8 },
      { kind: 'out-of-memory', evidence: 'SIGSEGV came when it held 900.0 MB of at most 1.00 GB' },
    ],
    [
      'a silent crash far from the memory limit',
      { code: null, signal: 'SIGSEGV', peakDataBytes: 7e8 },
      { kind: 'signalled', signal: 'SIGSEGV' },
    ],
    ['an exit near the memory limit', { code: 2, peakDataBytes: 1e9 }, { kind: 'exited', code: 2 }],
    ['a harmless word about memory', { code: 1, stderrTail: 'memory: 3 GB\n' }, { kind: 'exited', code: 1 }],
  ])('tells %s', (_, facts, end) => {
    expect(toContainedEnd({ ...CLEAN, ...facts })).toEqual(end);
  });

  it.each([
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    '# Fatal process out of memory: Oilpan',
    'RangeError: Array buffer allocation failed',
    'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 4096',
    'alloc_tensor_range: unable to allocate CPU buffer',
    'mmap failed: Cannot allocate memory',
    'Error: spawn ENOMEM',
  ])('knows the wording of %s', (line) => {
    expect(toContainedEnd({ ...CLEAN, code: 1, stderrTail: `before\n${line}\nafter\n` })).toEqual({
      kind: 'out-of-memory',
      evidence: line,
    });
  });
});
