import { describe, expectTypeOf, it } from 'vitest';
import type { BenchSubject } from '../../../src/bench/index.ts';
import type { toSubject } from '../../../src/bench/model-subject.ts';
import type { ServedSubject } from '../../../src/engine/index.ts';

describe('a subject', () => {
  it('is what the engine for servers opens, and what a model of the embedded engine becomes', () => {
    expectTypeOf<ServedSubject>().toExtend<BenchSubject>();
    expectTypeOf<ReturnType<typeof toSubject>>().toExtend<BenchSubject>();
  });
});
