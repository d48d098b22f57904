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
 * second process waits: it is forked before the mark is set and before any limit, shares the group, and holds
 * nothing open but its pipe. `$$` is the shell itself there too, and so the group. The shell then becomes the command, so that the parent sees the command's own end.
 */
const LAUNCHER = `
mark=$1; shift
(
  exec </dev/null >/dev/null 2>&1 3>&-
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
{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null
export ${MARK_VARIABLE}="$mark"
exec "$@"
`;

export function toLauncherArguments(mark: string, command: readonly string[]): readonly string[] {
  return ['-c', LAUNCHER, 'sh', mark, ...command];
}
