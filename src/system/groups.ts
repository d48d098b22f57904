/** Groups of this machine by name, from group(5). */
import { readFile } from 'node:fs/promises';

/** Null where the name is not in /etc/group. */
export async function readGroupId(name: string): Promise<number | null> {
  const table = await readFile('/etc/group', 'utf8').catch(() => '');
  for (const line of table.split('\n')) {
    const [group, , id] = line.split(':');
    if (group === name && id !== undefined && /^[0-9]+$/.test(id)) return Number(id);
  }
  return null;
}
