import { describe, expect, it } from 'vitest';
import { CORE_FAILURES, CoreFailure, throwIfAborted } from '../../../src/core/error.ts';

describe('CoreFailure', () => {
  it('is named after its room and takes its exit code from the catalogue', () => {
    const failure = new CoreFailure('CORE_JSON_INVALID', 'x is not JSON.');
    expect(failure).toMatchObject({ name: 'CoreFailure', exitCode: 1 });
    expect(failure.hint).toBe(CORE_FAILURES.CORE_JSON_INVALID.hint);
  });
});

describe('throwIfAborted', () => {
  it('lets work go on without a signal, or with one that has not fired', () => {
    expect(() => throwIfAborted(undefined)).not.toThrow();
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
  });

  it('throws CORE_INTERRUPTED, exit 130 and unchanged, once the signal has fired', () => {
    expect(() => throwIfAborted(AbortSignal.abort())).toThrow(
      expect.objectContaining({ code: 'CORE_INTERRUPTED', exitCode: 130, aftermath: 'unchanged' }),
    );
  });

  it('throws the reason itself where that is a failure of ours', () => {
    const reason = new CoreFailure('CORE_SOURCE_SHORT', 'Cut.');
    expect(() => throwIfAborted(AbortSignal.abort(reason))).toThrow(reason);
  });
});
