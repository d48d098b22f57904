/** What Milton Edge itself runs on: the system, Node, the engine, native calls, the tools that contain a load test. Pure. */
import { formatDuration } from '../core/index.ts';
import type { Protection } from '../system/index.ts';
import { lacking, ok, type MachineCheck } from './machine-check.ts';
import type { MachineFacts } from './machine-facts.ts';

export function judgeRuntime(facts: MachineFacts): readonly MachineCheck[] {
  return [
    judgePlatform(facts),
    judgeNode(facts),
    judgeEngine(facts),
    judgeLock(facts),
    judgeFileCalls(facts),
    judgeProtections(facts),
  ];
}

/** What Node 20 is built for (its BUILDING.md); nothing here asks for more. */
const OLDEST_KERNEL = [4, 18] as const;

function judgePlatform({ platform, arch, kernel }: MachineFacts): MachineCheck {
  const subject = {
    id: 'platform',
    found: `${platform} ${arch}, kernel ${kernel}`,
    expected: `linux x64 or arm64, kernel ${OLDEST_KERNEL.join('.')} or newer`,
  };
  if (platform === 'win32') {
    const costs = 'No target can be held: deploy and rollback are refused (PLATFORM_UNSUPPORTED).';
    const fix = 'Deploy on Linux or macOS; bundles can be made and verified here.';
    return lacking('failed', { ...subject, costs, fix });
  }
  if (platform === 'linux' && ['x64', 'arm64'].includes(arch) && isAtLeast(kernel, OLDEST_KERNEL)) {
    return ok(subject);
  }
  const costs = 'Nobody tests this kind of machine: the protections named below may be missing.';
  return lacking('degraded', { ...subject, costs, fix: null });
}

/** As in `engines` of package.json. */
const OLDEST_NODE = [20, 19] as const;

function judgeNode({ nodeVersion }: MachineFacts): MachineCheck {
  const expected = `${OLDEST_NODE.join('.')} or newer`;
  const subject = { id: 'node', found: nodeVersion, expected };
  if (isAtLeast(nodeVersion, OLDEST_NODE)) return ok(subject);
  const fix = `Install Node ${expected} from your distribution or from nodejs.org.`;
  return lacking('failed', { ...subject, costs: 'No command runs.', fix });
}

/** The one that milton-edge is tested with. */
const ENGINE_PACKAGE = 'node-llama-cpp@3.22.1';

function judgeEngine({ engine: { name, version, trial } }: MachineFacts): MachineCheck {
  const subject = { id: 'engine', expected: `${ENGINE_PACKAGE}, which loads a model and generates` };
  if (version === null) {
    return lacking('missing', {
      ...subject,
      found: `${name} is not installed`,
      costs:
        'No GGUF can be load-tested: each deployment is refused (DEPLOY_NO_ENGINE) but for --skip-load-test.',
      fix: `npm install -g ${ENGINE_PACKAGE}`,
    });
  }
  switch (trial.kind) {
    case 'not-tried':
      return ok({ ...subject, found: `${name} ${version}, not tried` });
    case 'generated': {
      const { engineVersion, tookMs } = trial;
      return ok({
        ...subject,
        found: `${name} ${engineVersion}; a tiny model ran in ${formatDuration(tookMs)}`,
      });
    }
    case 'failed':
      return lacking('failed', {
        ...subject,
        found: `${name} ${version} does not run a tiny model: ${trial.code}: ${trial.message}`,
        costs: 'Each load test fails like this, so each deployment of a GGUF is refused.',
        fix: trial.hint,
      });
  }
}

const REINSTALL = 'npm install -g milton-edge';

function judgeLock({ calls: { hasFlock }, targets }: MachineFacts): MachineCheck {
  const subject = { id: 'lock', expected: 'flock(2), which the kernel drops when its holder dies' };
  const refusal = targets.find(({ place }) => (place?.abilities.lockRefusal ?? null) !== null);
  if (!hasFlock) {
    return lacking('degraded', {
      ...subject,
      found: 'koffi does not load, so flock(2) cannot be called',
      costs:
        'The lock is a file instead. After a crash it is taken over once its process is seen to be gone.',
      fix: REINSTALL,
    });
  }
  if (refusal !== undefined) {
    const { targetPath } = refusal.examined;
    return lacking('failed', {
      ...subject,
      path: targetPath,
      found: `its file system refuses it: ${refusal.place?.abilities.lockRefusal ?? ''}`,
      costs: 'No deployment can make sure that it is alone, so none begins there.',
      fix: 'Choose a --target-path on a local file system.',
    });
  }
  return ok({ ...subject, found: 'flock(2) works' });
}

function judgeFileCalls({ calls: { hasFileCalls } }: MachineFacts): MachineCheck {
  const subject = { id: 'file-calls', expected: 'linkat(2), renameat2(2), ioctl_ficlone(2) by way of koffi' };
  if (hasFileCalls) return ok({ ...subject, found: 'can be called' });
  return lacking('degraded', {
    ...subject,
    found: 'cannot be called',
    costs:
      'A bundle has a name before it is whole, so a kill can leave a part of it, which the next run removes; blocks are never shared.',
    fix: REINSTALL,
  });
}

const LOSS: Readonly<Record<Protection, string>> = {
  'death-signal': 'a load test may live on when milton is killed',
  'memory-limit': 'a hostile model may take all memory',
  'no-core-file': 'a crash of the engine may write a core file as large as the model',
  'low-priority': 'a load test takes processor time from the live server',
  'first-to-go': 'when memory runs out, the kernel may end the live server first',
  'stray-search': 'a process that leaves its group is not found',
};

function judgeProtections({ missingProtections, platform }: MachineFacts): MachineCheck {
  const subject = { id: 'protections', expected: `all of ${Object.keys(LOSS).join(', ')}` };
  if (missingProtections.length === 0) return ok({ ...subject, found: 'a load test has all of them' });
  const missing = missingProtections.map(({ protection, reason }) => `${protection} (${reason})`);
  const losses = missingProtections.map(({ protection }) => LOSS[protection]).join('; ');
  return lacking('degraded', {
    ...subject,
    found: `without ${missing.join(', ')}`,
    costs: `${losses.slice(0, 1).toUpperCase()}${losses.slice(1)}.`,
    fix: platform === 'linux' ? 'apt-get install util-linux coreutils' : null,
  });
}

/** Versions as Node and kernels write them: `6.1.0-rpi7-rpi-v8`. */
function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ownMajor = '0', ownMinor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(ownMajor) > major || (Number(ownMajor) === major && Number(ownMinor) >= minor);
}
