/**
 * The shell lines that a contained process starts through. They leave a watchman behind in its group: when the pipe
 * from the parent closes, for whatever reason, nothing of the group and nothing that left the group stays alive.
 */

/** The variable by which descendants are recognised after they left the process group. */
export const MARK_VARIABLE = 'MILTON_CONTAINED';

/** The descriptor of the watchman's pipe; 3 is Node's own channel. */
export const WATCH_FD = 4;

/**
 * A death signal reaches only the child itself, and a child that spins in native code cannot tidy up behind it. So a
 * second process waits: it is forked before the mark is set and before any limit, shares the group, holds
 * nothing open but its pipe, and is deaf to the signals that a whole service gets when it is stopped. `$$` is the shell itself there too, and so the group. The shell then becomes the command, so that the parent sees the command's own end.
 */
const LAUNCHER = `
mark=$1; adj=$2; shift 2
(
  exec </dev/null >/dev/null 2>&1 3>&-
  trap '' INT TERM HUP
  read -r _ <&${WATCH_FD}
  for round in 1 2; do
    for found in $(grep -lsF "${MARK_VARIABLE}=$mark" /proc/[0-9]*/environ); do
      pid=\${found#/proc/}
      kill -KILL "\${pid%/environ}"
    done
  done
  kill -KILL "-$$"
) &
exec ${WATCH_FD}<&-
[ -z "$adj" ] || { echo "$adj" >/proc/self/oom_score_adj; } 2>/dev/null
export ${MARK_VARIABLE}="$mark"
exec "$@"
`;

export function toLauncherArguments(
  mark: string,
  command: readonly string[],
  { isService = false }: { readonly isService?: boolean } = {},
): readonly string[] {
  return ['-c', LAUNCHER, 'sh', mark, isService ? '' : '1000', ...command];
}
