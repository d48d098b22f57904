/**
 * What a unit of the schedule may do, as far as a *user* manager can hold it to that (systemd.exec(5), "Sandboxing").
 * Left out on purpose: `MemoryDenyWriteExecute` (V8 and koffi make code at run time), `PrivateDevices`, `ProtectClock`
 * (they would take the GPU away), `ProcSubset` and `ProtectProc` (memory and other processes are read from /proc). Pure.
 */
import type { ScheduleSettings } from './settings.ts';
import { toListedPath, type Directive } from './unit-syntax.ts';

type Touched = Pick<ScheduleSettings, 'program' | 'workingDirectory' | 'stateDir' | 'writablePaths'>;

export function toHardening(settings: Touched): readonly Directive[] {
  const paths = withoutNested([settings.stateDir, ...settings.writablePaths]);
  const needsTmp = usesTmp(settings);
  // One that is missing must not keep the unit from starting: the command then says so, where it is seen.
  const writable = [...paths, ...(needsTmp ? withoutNested(TMP_FOLDERS) : [])].map((path) =>
    toListedPath(path, '-'),
  );
  return [
    // Without a user namespace a user manager before systemd 254 passes over every line about the file system.
    ['PrivateUsers', 'yes'],
    ['NoNewPrivileges', 'yes'],
    // A private /tmp would hide what lies there.
    ['PrivateTmp', needsTmp ? 'no' : 'yes'],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'read-only'],
    ['ReadWritePaths', [...new Set(writable)].join(' ')],
    ['ProtectKernelTunables', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['RestrictSUIDSGID', 'yes'],
    ['RestrictRealtime', 'yes'],
    ['RestrictNamespaces', 'yes'],
    ['LockPersonality', 'yes'],
    // The bus of systemctl, probes, and what the C library asks which addresses there are.
    ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
    ['SystemCallArchitectures', 'native'],
    ['SystemCallFilter', '~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap'],
    // A call that is refused says so; the default kills the process.
    ['SystemCallErrorNumber', 'EPERM'],
    ['LimitCORE', '0'],
  ];
}

/** Whether anything that is needed, the command itself included, lies where a private /tmp would hide it. */
export function usesTmp({ program, workingDirectory, stateDir, writablePaths }: Touched): boolean {
  return [...program, workingDirectory, stateDir, ...writablePaths].some((path) =>
    TMP_FOLDERS.some((folder) => isWithin(path, folder)),
  );
}

const TMP_FOLDERS = ['/tmp', '/var/tmp'] as const;

function withoutNested(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].filter(
    (path) => !paths.some((other) => other !== path && isWithin(path, other)),
  );
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
