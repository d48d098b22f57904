// The compiler writes plain files; the command must be one that a shell can start.
import { chmod } from 'node:fs/promises';

await chmod(new URL('../dist/cli/main.js', import.meta.url), 0o755);
