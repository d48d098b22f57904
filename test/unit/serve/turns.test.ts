import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/serve/api-error.ts';
import { createTurns } from '../../../src/serve/turns.ts';

const never = new AbortController().signal;

describe('createTurns', () => {
  it('lets one in at a time, in the order in which they came', async () => {
    const turns = createTurns({ maxWaiting: 5, nowMs: () => 0 });
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) => {
        const release = await turns.take(never);
        inside += 1;
        expect(inside).toBe(1);
        await Promise.resolve();
        order.push(number);
        inside -= 1;
        release();
        release();
      }),
    );
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(turns).toMatchObject({ waiting: 0, isBusy: false });
  });

  it('turns away whoever comes when the line is full, with a time to come back', async () => {
    let nowMs = 0;
    const turns = createTurns({ maxWaiting: 1, nowMs: () => nowMs });
    const release = await turns.take(never);
    nowMs = 7000;
    release();
    const second = await turns.take(never);
    const third = turns.take(never);
    await expect(turns.take(never)).rejects.toMatchObject({
      status: 503,
      code: 'queue_full',
      headers: { 'retry-after': '14' },
    });
    second();
    (await third)();
    expect(turns.isBusy).toBe(false);
  });

  it('lets whoever has gone leave the line', async () => {
    const turns = createTurns({ maxWaiting: 2, nowMs: () => 0 });
    const release = await turns.take(never);
    const leaving = new AbortController();
    const left = turns.take(leaving.signal);
    const stayed = turns.take(never);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(turns.waiting).toBe(1);
    release();
    (await stayed)();
    await expect(turns.take(AbortSignal.abort(new Error('gone before')))).rejects.toThrow('gone before');
    expect(turns.isBusy).toBe(false);
  });

  it('refuses everybody who waits, and who comes later, at the end', async () => {
    const turns = createTurns({ maxWaiting: 2, nowMs: () => 0 });
    const release = await turns.take(never);
    const waiting = turns.take(never);
    turns.refuse(new ApiError(503, 'shutting_down', 'The server is ending.'));
    await expect(waiting).rejects.toMatchObject({ code: 'shutting_down' });
    await expect(turns.take(never)).rejects.toMatchObject({ code: 'shutting_down' });
    release();
    expect(turns.isBusy).toBe(false);
  });
});
