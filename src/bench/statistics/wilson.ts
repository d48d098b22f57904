/** How well a share is known from so many cases (Wilson 1927): it stays within 0 and 1, and works at both ends. */

/** The 0.975 quantile of the normal distribution. */
const Z_95 = 1.959963984540054;

/** The 95 % interval of a share, 0–1. Throws a `RangeError` where there are no cases, or more passed than there are. */
export function wilsonInterval(passed: number, count: number): readonly [low: number, high: number] {
  if (!(count > 0) || passed < 0 || passed > count) {
    throw new RangeError(`${passed} of ${count} is no share.`);
  }
  const share = passed / count;
  const square = Z_95 ** 2 / count;
  const centre = (share + square / 2) / (1 + square);
  const half = (Z_95 * Math.sqrt((share * (1 - share)) / count + square / (4 * count))) / (1 + square);
  return [passed === 0 ? 0 : Math.max(0, centre - half), passed === count ? 1 : Math.min(1, centre + half)];
}
