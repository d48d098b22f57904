/** Compiles `src` to `dist` once before any test, since Node 20 cannot start a process from TypeScript. */
import { execFileSync } from 'node:child_process';

export function setup(): void {
  // Every vitest project runs the set-up; one build serves all.
  if (process.env['MILTON_TEST_BUILT'] === '1') return;
  process.env['MILTON_TEST_BUILT'] = '1';
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
