import { describe, expect, it } from 'vitest';
import {
  Failure,
  isErrno,
  messageOf,
  type FailureCatalogue,
  type FailureOptions,
} from '../../../src/core/failure.ts';

const KITCHEN_FAILURES = {
  KITCHEN_COLD: { exitCode: 3, summary: 'It is cold.', hint: 'Light the stove.', aftermath: 'unchanged' },
  KITCHEN_DARK: { exitCode: 1, summary: 'It is dark.', hint: 'Open a window.' },
} as const satisfies FailureCatalogue;

type KitchenCode = keyof typeof KITCHEN_FAILURES;

class KitchenFailure extends Failure<KitchenCode> {
  constructor(code: KitchenCode, message: string, options?: FailureOptions) {
    super(KITCHEN_FAILURES, code, message, options);
  }
}

describe('Failure', () => {
  it('takes exit code, hint and aftermath from its catalogue', () => {
    const failure = new KitchenFailure('KITCHEN_COLD', 'The stove is out.');
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({
      name: 'KitchenFailure',
      code: 'KITCHEN_COLD',
      message: 'The stove is out.',
      exitCode: 3,
      hint: 'Light the stove.',
      aftermath: 'unchanged',
      details: {},
    });
  });

  it('lets the case know better, and keeps the cause', () => {
    const cause = new Error('no wood');
    const failure = new KitchenFailure('KITCHEN_COLD', 'The stove is out.', {
      hint: 'Fetch wood.',
      aftermath: 'partial',
      details: { expected: '20 degrees', received: '4 degrees' },
      cause,
    });
    expect(failure).toMatchObject({ hint: 'Fetch wood.', aftermath: 'partial', exitCode: 3 });
    expect(failure.cause).toBe(cause);
  });

  it('has no cause and no aftermath where none was given', () => {
    const failure = new KitchenFailure('KITCHEN_DARK', 'No light.');
    expect('cause' in failure).toBe(false);
    expect(failure.aftermath).toBeNull();
  });

  it('reports what --json prints, and nothing else', () => {
    const failure = new KitchenFailure('KITCHEN_DARK', 'No light.', {
      details: { received: '0 lux' },
      cause: 'x',
    });
    expect(failure.toReport()).toStrictEqual({
      code: 'KITCHEN_DARK',
      message: 'No light.',
      hint: 'Open a window.',
      aftermath: null,
      details: { received: '0 lux' },
    });
  });
});

describe('inContext', () => {
  it('adds what an outer layer knows, and keeps what the failure said itself', () => {
    const failure = new KitchenFailure('KITCHEN_COLD', 'The stove is out.', {
      details: { received: '4 degrees' },
    });
    const same = failure.inContext({
      hint: 'Go to bed.',
      aftermath: 'rolled-back',
      details: { received: 'unknown', target: 'the bed' },
    });
    expect(same).toBe(failure);
    expect(failure.toReport()).toMatchObject({
      hint: 'Go to bed.',
      aftermath: 'rolled-back',
      details: { received: '4 degrees', target: 'the bed' },
    });
  });

  it('changes nothing where nothing is known', () => {
    const failure = new KitchenFailure('KITCHEN_COLD', 'The stove is out.');
    expect(failure.inContext({}).toReport()).toEqual(
      new KitchenFailure('KITCHEN_COLD', 'The stove is out.').toReport(),
    );
  });
});

describe('messageOf', () => {
  it('reads the message of an error, and the text of anything else', () => {
    expect(messageOf(new TypeError('wrong'))).toBe('wrong');
    expect(messageOf('plain')).toBe('plain');
    expect(messageOf(null)).toBe('null');
  });
});

describe('isErrno', () => {
  const missing = Object.assign(new Error('gone'), { code: 'ENOENT' });

  it('knows a system error, any or one of those named', () => {
    expect(isErrno(missing)).toBe(true);
    expect(isErrno(missing, 'EACCES', 'ENOENT')).toBe(true);
    expect(isErrno(missing, 'EACCES')).toBe(false);
  });

  it('is false for what only looks like one', () => {
    expect(isErrno(new Error('plain'))).toBe(false);
    expect(isErrno(Object.assign(new Error('number'), { code: 2 }))).toBe(false);
    expect(isErrno({ code: 'ENOENT' })).toBe(false);
    expect(isErrno(null)).toBe(false);
  });
});
