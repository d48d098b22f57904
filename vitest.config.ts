import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const project = (name: string, timeoutMs: number, env: Record<string, string> = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeoutMs, hookTimeout: timeoutMs, env },
});

const TESTED_BINARY = fileURLToPath(new URL('test/fixtures/tested-binary.cjs', import.meta.url));

export default defineConfig({
  test: {
    // Integration and command tests start the compiled code in processes of its own.
    globalSetup: ['test/build-once.ts'],
    pool: 'forks',
    // A process for each file of tests, with every module loaded afresh, was a tenth of the processor time of all tests. No
    // module of ours keeps state; a test that changes the process (environment, folder, umask) puts it back.
    isolate: false,
    // One more than the two processors that the suite is measured on: many tests wait for processes.
    maxWorkers: 3,
    projects: [
      project('architecture', 30_000),
      project('unit', 30_000),
      project('regressions', 60_000),
      project('integration', 120_000, { NODE_OPTIONS: `--require=${JSON.stringify(TESTED_BINARY)}` }),
      project('cli', 120_000),
    ],
  },
});
