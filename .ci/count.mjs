// Counts the tests of a vitest JSON report, refuses skips that nobody expects, and ends with the line that CI reads.
import { readFileSync } from 'node:fs';

const [reportPath, expectedPath] = process.argv.slice(2);
const { testResults } = JSON.parse(readFileSync(reportPath, 'utf8'));
const expected = new Set(
  readFileSync(expectedPath, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#')),
);

const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
const passed = tests.filter(({ status }) => status === 'passed');
const failed = tests.filter(({ status }) => status === 'failed');
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
// A file that does not even load has no tests to count.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);

const unexpected = skipped.filter(({ fullName }) => !expected.has(fullName));
for (const { fullName } of unexpected) process.stderr.write(`skipped, and nobody expects it: ${fullName}\n`);
for (const { name, message } of brokenFiles) process.stderr.write(`did not run: ${name}: ${message}\n`);
if (passed.length === 0) process.stderr.write('no test passed\n');

const failedCount = failed.length + brokenFiles.length;
process.stdout.write(`${passed.length} passed, ${failedCount} failed, ${skipped.length} skipped\n`);
process.exitCode = failedCount + unexpected.length > 0 || passed.length === 0 ? 1 : 0;
