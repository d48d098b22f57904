import { describe, expect, it } from 'vitest';

import { toEndFailure, toProblemFailure } from '../../../src/engine/llama-cpp-failures.ts';
import type { ChildProblem } from '../../../src/engine/llama-cpp-protocol.ts';
import type { ContainedEnd } from '../../../src/system/contained-end.ts';

const FACTS = { action: 'load', path: '/models/a\u202eb.gguf', limits: { memoryBytes: 5e8, wallMs: 1500 } };

describe('toEndFailure', () => {
  it.each<[ContainedEnd, string, string]>([
    [{ kind: 'signalled', signal: 'SIGSEGV' }, 'ENGINE_CRASHED', 'was ended by SIGSEGV'],
    [{ kind: 'exited', code: 0 }, 'ENGINE_CRASHED', 'ended with exit code 0'],
    [
      { kind: 'not-started', reason: 'spawn EAGAIN' },
      'ENGINE_CRASHED',
      'could not be started (spawn EAGAIN)',
    ],
    [{ kind: 'timed-out', limitMs: 1500 }, 'ENGINE_TIMED_OUT', 'had not answered after 1.5 s'],
    [
      { kind: 'out-of-memory', evidence: 'std::bad_alloc' },
      'ENGINE_OUT_OF_MEMORY',
      'ran out of memory: std::bad_alloc',
    ],
    [{ kind: 'cancelled' }, 'CORE_INTERRUPTED', 'has been ended'],
  ])('tells %j', (end, code, words) => {
    const failure = toEndFailure(end, FACTS, '');
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(words);
  });

  it('quotes the last line that says why, and keeps the last eight', () => {
    const stderr = `${'noise\n'.repeat(20)}ggml.c:7: GGML_ASSERT(a\u001b[31m > 0) failed\n\n  at main\n`;
    const failure = toEndFailure({ kind: 'signalled', signal: 'SIGABRT' }, FACTS, stderr);
    expect(failure.message).toBe(
      'The process that was to load /models/a\\u{202e}b.gguf was ended by SIGABRT after saying "ggml.c:7: GGML_ASSERT(a\\x1b[31m > 0) failed".',
    );
    expect(failure.details['last_words']).toHaveLength(8);
  });
});

describe('toProblemFailure', () => {
  it.each<[ChildProblem, string]>([
    ['not-installed', 'ENGINE_NOT_INSTALLED'],
    ['load-failed', 'ENGINE_LOAD_FAILED'],
    ['out-of-memory', 'ENGINE_OUT_OF_MEMORY'],
    ['logits-invalid', 'ENGINE_LOGITS_INVALID'],
    ['request-invalid', 'ENGINE_REQUEST_INVALID'],
    ['unexpected', 'ENGINE_CRASHED'],
  ])('tells %s, with the reason given', (problem, code) => {
    const failure = toProblemFailure({ problem, message: 'the reason\u0007.', log: ['one\u0007'] }, FACTS);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain('the reason\\x07.');
    expect(JSON.stringify(failure.toReport())).not.toContain('\\u0007');
  });
});
