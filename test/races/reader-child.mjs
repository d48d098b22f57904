/**
 * A program that reads what is live, again and again: it resolves the link, opens the manifest below the result and hashes it,
 * and reads it through the link as well. Tells how often, and what went wrong, when it is asked to stop.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';

const [target = '', ...known] = process.argv.slice(2);
const counts = new Map(known.map((digest) => [digest, 0]));
let reads = 0;
let failures = 0;
let first = null;
const order = { isOver: false };
process.on('message', () => {
  order.isOver = true;
});
// Nobody reads for a parent that is gone.
process.once('disconnect', () => process.exit());
process.send('ready');

while (!order.isOver) {
  for (let turn = 0; turn < 20; turn += 1) {
    reads += 1;
    try {
      readOnce();
    } catch (error) {
      failures += 1;
      first ??= String(error?.message ?? error);
    }
  }
  await setImmediate();
}
process.send({ reads, failures, first, seen: [...counts.values()] });
process.disconnect();

function readOnce() {
  const release = resolve(dirname(target), readlinkSync(target));
  const digest = hash(readFileSync(join(release, 'manifest.json')));
  const sums = readFileSync(join(release, 'SHA256SUMS'), 'utf8');
  if (!sums.includes(`${digest}  manifest.json\n`))
    throw new Error(`${release}: its manifest is not that of its SHA256SUMS`);
  count(digest);
  count(hash(readFileSync(join(target, 'manifest.json'))));
}

function count(digest) {
  const before = counts.get(digest);
  if (before === undefined) throw new Error(`${digest} is the manifest of neither release`);
  counts.set(digest, before + 1);
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
