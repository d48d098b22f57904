#!/usr/bin/env node
/** The command `milton`: checks the Node it runs on, builds what the rest is handed, and sets the exit code. */
const OLDEST_NODE = [20, 19] as const;

// Nothing but a dynamic import follows: an older Node would stumble over the files behind it before saying why.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `Milton Edge needs Node ${OLDEST_NODE.join('.')} or newer; this is Node ${process.versions.node}.\n`,
  );
  process.exitCode = 1;
} else {
  void start();
}

async function start(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    const { readPackageVersion } = await import('./package-version.ts');
    process.stdout.once('error', sayLost);
    process.stdout.write(`${readPackageVersion()}\n`);
    return;
  }
  const [{ runMilton }, { systemClock }, { readPackageVersion }] = await Promise.all([
    import('./run.ts'),
    import('../system/index.ts'),
    import('./package-version.ts'),
  ]);
  process.exitCode = await runMilton(args, {
    version: readPackageVersion(),
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    signals: process,
    onGiveUp: () => process.exit(130),
  });
}

/** What `run.ts` says too, without loading it; a reader that went away is no fault. */
function sayLost(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`error CLI_OUTPUT_LOST: Cannot write to standard output: ${error.message}.\n`);
  process.exitCode = 1;
}
