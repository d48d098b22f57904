/** `--mode` and `--group`: who may read a release. */
import { InvalidArgumentError } from 'commander';
import { CliFailure } from '../error.ts';
import { shown } from '../text-style.ts';

/** Octal digits, as chmod(1) takes them; the owner must be able to read. */
export function parseFileMode(text: string): number {
  const mode = Number.parseInt(text, 8);
  if (/^0?[0-7]{3}$/.test(text) && (mode & 0o400) !== 0 && (mode & 0o133) === 0) return mode;
  throw new InvalidArgumentError(
    'It should be like 644 or 640: readable for the owner, and no rights to execute or for others to write.',
  );
}

/** A group id by number or by name. Throws `CLI_USAGE`. */
export async function parseGroup(text: string): Promise<number> {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const { readGroupId } = await import('../../system/index.ts');
  const id = await readGroupId(text);
  if (id !== null) return id;
  throw new CliFailure('CLI_USAGE', `There is no group ${shown(text)} on this machine.`, {
    hint: 'getent group lists them; a number is taken as it is.',
    details: { expected: 'the name or number of a group', received: shown(text) },
  });
}
