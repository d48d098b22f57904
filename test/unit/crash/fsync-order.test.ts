import { describe, expect, it } from 'vitest';
import { judgeOrder } from '../../crash/fsync-order.ts';
import { parseTrace } from '../../crash/trace.ts';

const WHERE = {
  link: '/srv/llm',
  controlDir: '/srv/.llm.milton',
  releasesDir: '/srv/.llm.milton/releases',
};
const PARTIAL = '/srv/.llm.milton/releases/.v1.partial';
const JOURNAL = '/srv/.llm.milton/journal.jsonl';
const line = (text: string): string[] => [
  `openat(AT_FDCWD</>, "${JOURNAL}", O_RDWR|O_CREAT|O_APPEND, 0644) = 20<${JOURNAL}>`,
  `write(20<${JOURNAL}>, "${text}"..., 9) = 9`,
  `fsync(20<${JOURNAL}>) = 0`,
];

/** The fewest calls of a first deployment, each fsync of which is needed. */
const SOUND = [
  'mkdir("/srv/.llm.milton", 0755) = 0',
  'fsync(20</srv>) = 0',
  'mkdir("/srv/.llm.milton/releases", 0755) = 0',
  ...line('planned'),
  'fsync(20</srv/.llm.milton>) = 0',
  ...line('staging'),
  `mkdir("${PARTIAL}", 0700) = 0`,
  `mkdir("${PARTIAL}/model", 0700) = 0`,
  `openat(AT_FDCWD</>, "${PARTIAL}/model/m.gguf", O_RDWR|O_CREAT|O_EXCL, 0600) = 21<${PARTIAL}/model/m.gguf>`,
  `pwrite64(21<${PARTIAL}/model/m.gguf>, "x"..., 4, 0) = 4`,
  `chmod("${PARTIAL}/model/m.gguf", 0644) = 0`,
  `fsync(21<${PARTIAL}/model/m.gguf>) = 0`,
  `fsync(21<${PARTIAL}/model>) = 0`,
  `symlink("model/m.gguf", "${PARTIAL}/model.gguf") = 0`,
  `fsync(21<${PARTIAL}>) = 0`,
  ...line('load-tested'),
  `rename("${PARTIAL}", "/srv/.llm.milton/releases/v1") = 0`,
  'fsync(21</srv/.llm.milton/releases>) = 0',
  ...line('activating'),
  'symlink(".llm.milton/releases/v1", "/srv/.llm.0.tmp") = 0',
  'rename("/srv/.llm.0.tmp", "/srv/llm") = 0',
  'fsync(21</srv>) = 0',
  ...line('live'),
  'openat(AT_FDCWD</>, "/state/.r.tmp", O_RDWR|O_CREAT|O_EXCL, 0644) = 22</state/.r.tmp>',
  'write(22</state/.r.tmp>, "{"..., 1) = 1',
  'fdatasync(22</state/.r.tmp>) = 0',
  'rename("/state/.r.tmp", "/state/r.json") = 0',
] as const;

const lines = (calls: readonly string[]): string => calls.map((call) => `7 ${call}`).join('\n');
const judge = (calls: readonly string[]): readonly string[] => judgeOrder(parseTrace(lines(calls)), WHERE);
const syncs = SOUND.flatMap((call, index) => (/^f(data)?sync/.test(call) ? [index] : []));

describe('judgeOrder', () => {
  it('finds nothing wrong with a sound order, whatever threads say to each other', () => {
    expect(judge(SOUND)).toEqual([]);
    expect(judge(SOUND.flatMap((call) => [call, 'write(9<anon_inode:[eventfd]>, "x"..., 8) = 8']))).toEqual(
      [],
    );
  });

  it.each(syncs.map((index) => [index, SOUND[index]] as const))(
    'catches that call %i is missing: %s',
    (index) => {
      expect(judge(SOUND.toSpliced(index, 1))).not.toEqual([]);
    },
  );

  it.each(syncs.map((index) => [index, SOUND[index]] as const))(
    'takes call %i for missing where the kernel was never asked: %s',
    (index, call) => {
      expect(judge(SOUND.with(index, `${call} (INJECTED)`))).not.toEqual([]);
      expect(
        judge(SOUND.with(index, call?.replace('= 0', '= -1 EIO (Input/output error)') ?? '')),
      ).not.toEqual([]);
    },
  );

  it('catches a file that was written or opened up after its fsync', () => {
    const synced = SOUND.indexOf(`fsync(21<${PARTIAL}/model/m.gguf>) = 0`);
    for (const late of [
      `pwrite64(21<${PARTIAL}/model/m.gguf>, "x"..., 4, 4) = 4`,
      `chmod("${PARTIAL}/model/m.gguf", 0600) = 0`,
    ]) {
      expect(judge(SOUND.toSpliced(synced + 1, 0, late)).join()).toContain(
        'm.gguf was changed after its last fsync',
      );
    }
  });

  it('catches a file that was made and never written', () => {
    const named = SOUND.findIndex((call) => call.startsWith('rename'));
    const made = `openat(AT_FDCWD</>, "${PARTIAL}/empty", O_RDWR|O_CREAT|O_EXCL, 0600) = 21<${PARTIAL}/empty>`;
    expect(judge(SOUND.toSpliced(named, 0, made)).join()).toContain('empty was changed after its last fsync');
  });

  it('catches a swap before the release is durable, and one that is no rename', () => {
    const swap = 'rename("/srv/.llm.0.tmp", "/srv/llm") = 0';
    const without = SOUND.filter((call) => call !== swap);
    expect(judge(without).join()).toContain('was not swapped by a rename');
    const synced = without.indexOf('fsync(21</srv/.llm.milton/releases>) = 0');
    expect(judge(without.toSpliced(synced, 0, swap)).join()).toContain(
      'between the name of the release and the swap',
    );
  });

  it('catches a step that is begun before its line of the journal is durable', () => {
    const written = SOUND.findLastIndex((call) => call.includes('"activating"'));
    expect(judge(SOUND.toSpliced(written + 1, 0, 'mkdir("/srv/x", 0755) = 0')).join()).toContain(
      'a line of the journal was not fsynced before mkdir of /srv/x',
    );
  });

  it('says so where no release was named at all, unless none is to be made', () => {
    expect(judge([]).join()).toContain('no release was given its name');
    const back = SOUND.slice(SOUND.findIndex((call) => call.startsWith('symlink(".llm')));
    expect(judgeOrder(parseTrace(lines(back)), { ...WHERE, makesRelease: false })).toEqual([]);
    expect(judgeOrder(parseTrace(lines(back.slice(0, 1))), { ...WHERE, makesRelease: false })).toEqual([
      'the link was not swapped by a rename',
    ]);
  });
});
