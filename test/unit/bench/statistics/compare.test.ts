import { describe, expect, it } from 'vitest';
import {
  comparePairs,
  comparePasses,
  compareSpeeds,
  type Stratum,
} from '../../../../src/bench/statistics/compare.ts';
import { seededRandom, type Random } from '../../../../src/bench/statistics/seeded-random.ts';

/** Two uniforms make a normal (Box and Muller 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Eight prompts of very different length; `drift`: what a whole run is off by; `noise`: of each sample; now and then a hiccup. */
function run(
  random: Random,
  { times = 1, drift = 0, noise = 0.03, rounds = 10 }: Partial<Record<string, number>> = {},
): readonly Stratum[] {
  const off = Math.exp(drift * normal(random));
  return [20, 25, 40, 41, 60, 90, 200, 700].map((base, index) => ({
    id: `p${index}`,
    samples: Array.from(
      { length: rounds },
      () => base * times * off * Math.exp(noise * normal(random)) * (random() < 0.05 ? 1.5 : 1),
    ),
  }));
}

function countVerdicts(
  trials: number,
  compare: (random: Random) => string | undefined,
): Record<string, number> {
  const random = seededRandom(42);
  const counts: Record<string, number> = { noise: 0, lower: 0, higher: 0 };
  for (let trial = 0; trial < trials; trial += 1) {
    const verdict = compare(random) ?? 'none';
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
}

describe('compareSpeeds', () => {
  it('calls two runs of one model noise, in practically every repeat', () => {
    const counts = countVerdicts(40, (random) => compareSpeeds(run(random), run(random))?.verdict);
    expect(counts['noise']).toBe(40);
  });

  it('calls them noise in more than nine of ten repeats on a machine whose runs are off by 2 %', () => {
    const options = { drift: 0.02 };
    const counts = countVerdicts(
      40,
      (random) => compareSpeeds(run(random, options), run(random, options))?.verdict,
    );
    expect(counts['noise']).toBeGreaterThan(36);
  });

  it('calls a difference at the edge of the margin real at most once in a hundred', () => {
    const counts = countVerdicts(
      60,
      (random) => compareSpeeds(run(random), run(random, { times: 1.05 }))?.verdict,
    );
    expect(counts['noise']).toBeGreaterThanOrEqual(59);
  });

  it('finds a model that is a tenth slower or faster, and says by how much', () => {
    const slower = countVerdicts(
      20,
      (random) => compareSpeeds(run(random), run(random, { times: 1.12 }))?.verdict,
    );
    expect(slower['higher']).toBeGreaterThanOrEqual(19);
    const random = seededRandom(3);
    const found = compareSpeeds(run(random), run(random, { times: 0.8 }));
    expect(found?.verdict).toBe('lower');
    expect(found?.ratio).toBeCloseTo(0.8, 1);
    expect(found?.interval[0]).toBeLessThan(0.8);
    expect(found?.interval[1]).toBeGreaterThan(0.8);
  });

  it('compares what both have, and nothing where they have nothing in common', () => {
    const a = [
      { id: 'x', samples: [1, 1, 1, 1, 1, 1] },
      { id: 'only-a', samples: [9, 9, 9, 9, 9, 9] },
    ];
    const b = [{ id: 'x', samples: [2, 2, 2, 2, 2, 2] }];
    expect(compareSpeeds(a, b)).toMatchObject({ verdict: 'higher', ratio: 2 });
    expect(compareSpeeds(a, [{ id: 'y', samples: [1] }])).toBeNull();
  });

  it('says the same each time', () => {
    const random = seededRandom(9);
    const [a, b] = [run(random), run(random)];
    expect(compareSpeeds(a, b)).toEqual(compareSpeeds(a, b));
  });
});

describe('comparePasses', () => {
  const pairs = (both: number, onlyA: number, onlyB: number) => [
    ...Array.from({ length: both }, () => [true, true] as const),
    ...Array.from({ length: onlyA }, () => [true, false] as const),
    ...Array.from({ length: onlyB }, () => [false, true] as const),
  ];

  it('calls equal answers noise', () => {
    expect(comparePasses(pairs(24, 0, 0))).toEqual({ verdict: 'noise', onlyA: 0, onlyB: 0, probability: 1 });
  });

  it('counts only the cases on which they differ', () => {
    expect(comparePasses(pairs(18, 0, 6))).toMatchObject({ verdict: 'higher', onlyB: 6 });
    expect(comparePasses(pairs(18, 6, 0)).verdict).toBe('lower');
    expect(comparePasses(pairs(500, 0, 5)).verdict).toBe('noise');
  });
});

describe('comparePairs', () => {
  it('tells a difference from noise, query by query', () => {
    const same = Array.from({ length: 30 }, (_, index) => [index % 2, index % 2] as const);
    expect(comparePairs(same)).toEqual({ verdict: 'noise', difference: 0, interval: [0, 0] });
    const better = Array.from({ length: 30 }, (_, index) => [0, index % 3 === 0 ? 0 : 1] as const);
    expect(comparePairs(better)?.verdict).toBe('higher');
    expect(comparePairs(better.map(([a, b]) => [b, a] as const))?.verdict).toBe('lower');
    expect(comparePairs([])).toBeNull();
  });
});
