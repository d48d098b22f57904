/** What is around Milton Edge: memory, limits, the temporary folder, the locale, the clock, systemd. Pure. */
import { formatBytes, quoteWord } from '../core/index.ts';
import { lacking, ok, type MachineCheck } from './machine-check.ts';
import type { MachineFacts } from './machine-facts.ts';

export function judgeSurroundings(facts: MachineFacts): readonly MachineCheck[] {
  return [
    judgeMemory(facts),
    judgeOpenFiles(facts),
    judgeTemporaryFolder(facts),
    judgeLocale(facts),
    judgeClock(facts),
    ...judgeServices(facts),
  ];
}

/** What the engine's process takes of its own (measured: 0.15 GB) and the smallest models that are any use. */
const LEAST_AVAILABLE_BYTES = 512 * 1024 * 1024;

function judgeMemory({ memory }: MachineFacts): MachineCheck {
  const { totalBytes, availableBytes, physicalBytes, swapBytes } = memory;
  const limit =
    totalBytes < physicalBytes
      ? `, limited by a control group (the machine has ${formatBytes(physicalBytes)})`
      : '';
  const swap =
    swapBytes === null ? '' : swapBytes === 0 ? '; no swap' : `; ${formatBytes(swapBytes)} of swap`;
  const subject = {
    id: 'memory',
    found: `${formatBytes(availableBytes)} of ${formatBytes(totalBytes)} can be had${limit}${swap}`,
    expected: `room for a second model while the live one runs, at least ${formatBytes(LEAST_AVAILABLE_BYTES)}`,
  };
  if (availableBytes >= LEAST_AVAILABLE_BYTES) return ok(subject);
  return lacking('degraded', {
    ...subject,
    costs: 'Load tests of all but tiny models are refused (DEPLOY_MEMORY_SHORT).',
    fix: 'Stop what uses the memory, or have the server stopped meanwhile: milton deploy --handover stop-first …',
  });
}

/** The usual soft limit; a split model of very many shards opens that many at most. */
const FEWEST_OPEN_FILES = 1024;

function judgeOpenFiles({ openFilesLimit }: MachineFacts): MachineCheck {
  const subject = {
    id: 'open-files',
    found:
      openFilesLimit === null ? 'not known' : openFilesLimit === Infinity ? 'unlimited' : `${openFilesLimit}`,
    expected: `${FEWEST_OPEN_FILES} or more`,
  };
  if (openFilesLimit === null || openFilesLimit >= FEWEST_OPEN_FILES) return ok(subject);
  return lacking('degraded', {
    ...subject,
    costs: 'A model of many files, or a server with many connections, may fail half way (EMFILE).',
    fix: `ulimit -n ${FEWEST_OPEN_FILES} (in a unit: LimitNOFILE=${FEWEST_OPEN_FILES})`,
  });
}

function judgeTemporaryFolder({ temporary: { path, isWritable } }: MachineFacts): MachineCheck {
  const subject = { id: 'temporary-folder', path, expected: 'a folder that this user may write in' };
  if (isWritable) return ok({ ...subject, found: 'may be written in' });
  return lacking('degraded', {
    ...subject,
    found: 'missing, or not writable',
    costs: 'The demo does not run, and the engine could not be tried.',
    fix: 'Set TMPDIR to a folder that this user may write in.',
  });
}

function judgeLocale({ locale }: MachineFacts): MachineCheck {
  const subject = { id: 'locale', found: locale ?? 'none is set', expected: 'UTF-8' };
  // What a service has; it prints to a journal that takes any bytes.
  if (locale === null || /utf-?8/i.test(locale)) return ok(subject);
  return lacking('degraded', {
    ...subject,
    costs: 'Everything is printed as UTF-8, so names and sentences may look wrong in this terminal.',
    fix: 'export LANG=C.UTF-8',
  });
}

/** Small steps back are what keeping a clock right looks like. */
const MAX_STEP_BACK_MS = 60_000;

function judgeClock({ clock: { now, newest, isSynchronised } }: MachineFacts): MachineCheck {
  const subject = { id: 'clock', expected: 'synchronised, and later than every file' };
  const shown = now.toISOString();
  if (newest !== null && now.getTime() < newest.at.getTime() - MAX_STEP_BACK_MS) {
    return lacking('degraded', {
      ...subject,
      found: `${shown}, but ${newest.path} was written at ${newest.at.toISOString()}`,
      costs:
        'Benchmark runs are refused as dated in the future (EVIDENCE_RUN_FUTURE), and records bear wrong times.',
      fix: 'timedatectl set-ntp true',
    });
  }
  if (isSynchronised === false) {
    return lacking('degraded', {
      ...subject,
      found: `${shown}, kept by nothing but this machine`,
      costs:
        'Records bear times that drift; what is live, and the order of what happened, do not depend on it.',
      fix: 'timedatectl set-ntp true',
    });
  }
  return ok({
    ...subject,
    found: isSynchronised === null ? `${shown}, not known whether synchronised` : shown,
  });
}

function judgeServices({
  services: { isSystemd, isLingering, user },
}: MachineFacts): readonly MachineCheck[] {
  const subject = { id: 'systemd', expected: 'systemd runs this machine' };
  if (!isSystemd) {
    const costs =
      'Nothing runs by itself: milton schedule cannot be used, and nothing settles a crash at boot.';
    const fix = 'Have your own scheduler run milton deploy, and milton resume at boot.';
    return [lacking('degraded', { ...subject, found: 'it does not', costs, fix })];
  }
  const lingering = { id: 'lingering', expected: 'services of this user run while nobody is logged in' };
  if (isLingering)
    return [ok({ ...subject, found: 'it does' }), ok({ ...lingering, found: `on for ${user}` })];
  return [
    ok({ ...subject, found: 'it does' }),
    lacking('degraded', {
      ...lingering,
      found: `off for ${user}`,
      costs: 'What milton schedule installs stops when this user logs out, and does not start at boot.',
      fix: `loginctl enable-linger ${quoteWord(user)}`,
    }),
  ];
}
