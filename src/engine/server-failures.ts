/** Why a llama-server did not come up, told from its end and its last lines: a flag, the model, the port, or a crash. */
import { escapeText, type CoreFailure } from '../core/index.ts';
import type { ContainedEnd } from '../system/index.ts';
import { EngineFailure } from './error.ts';
import { lastLines, toEndFailure, type CallFacts } from './llama-cpp-failures.ts';

/** llama-server's own words, and those of the socket library below it. */
export function isPortTaken(stderr: string): boolean {
  return /couldn't bind|address already in use|failed to bind/i.test(stderr);
}

/** The end of a server before it was healthy. */
export function toStartFailure(
  end: ContainedEnd,
  facts: CallFacts,
  stderr: string,
): EngineFailure | CoreFailure {
  const { path } = facts;
  const details = { path, last_words: lastLines(stderr) };
  if (end.kind !== 'exited') return toEndFailure(end, facts, stderr);
  const flag = /^error: (invalid argument.*|.*argument.*|.*invalid value.*)$/m.exec(stderr)?.[1];
  if (flag !== undefined) {
    const reason = escapeText(flag.trim(), 300);
    return new EngineFailure('ENGINE_FLAG_REFUSED', `llama-server refused its flags: ${reason}.`, {
      details: { ...details, received: reason },
    });
  }
  const model =
    /error loading model: (.+)$/m.exec(stderr)?.[1] ?? /(failed to load model.*)$/m.exec(stderr)?.[1];
  if (model !== undefined) {
    const reason = escapeText(model.trim().replace(/\.$/, ''), 300);
    return new EngineFailure(
      'ENGINE_LOAD_FAILED',
      `llama-server refused to load ${escapeText(path)}: ${reason}.`,
      {
        hint: `See what is wrong with the file with: milton gguf check ${escapeText(path)}`,
        details: { ...details, received: reason },
      },
    );
  }
  return toEndFailure(end, facts, stderr);
}
