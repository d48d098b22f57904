/**
 * Which flags may be handed on to somebody's llama-server: none that says what is loaded, for how much context, where it
 * listens or to whom it answers, and none that reaches a network. Pure.
 */
import { escapeText } from '../core/index.ts';
import { EngineFailure } from './error.ts';

const REFUSED: Readonly<Record<string, string>> = {
  'the model is the one under test':
    '-m --model -a --alias --models-dir --models-preset --models-max --models-autoload --no-models-autoload',
  'the memory limit is made for the context that is asked for here':
    '-c --ctx-size -np --parallel -fit --fit -fitc --fit-ctx',
  'the server must answer here and nobody else':
    '--host --port --reuse-port --path --api-prefix --api-key --api-key-file --ssl-key-file --ssl-cert-file --webui-mcp-proxy --tools',
  'it would reach a network':
    '-mu --model-url -dr --docker-repo -hf -hfr --hf-repo -hfd -hfrd --hf-repo-draft -hff --hf-file -hfv -hfrv --hf-repo-v -hffv --hf-file-v -hft --hf-token -mmu --mmproj-url --rpc',
  'the server would not complete prompts': '--embedding --embeddings --rerank --reranking --pooling',
  'it would only print something and end':
    '-h --help --usage --version --license -cl --cache-list --list-devices --completion-bash',
};

/** Names of models that llama-server downloads by itself: `--gpt-oss-20b-default`, `--fim-qwen-7b-spec`. */
const DOWNLOADS = /^--(?:.*-default|fim-.*-spec)$/;

/** Throws `ENGINE_FLAG_REFUSED` for the first flag that may not be handed on. */
export function assertServerFlags(flags: readonly string[]): void {
  for (const flag of flags) {
    const reason = whyRefused(flag);
    if (reason === null) continue;
    const name = escapeText(flag);
    throw new EngineFailure(
      'ENGINE_FLAG_REFUSED',
      `${name} cannot be handed on to llama-server: ${reason}.`,
      {
        details: { expected: 'flags that tune the server', received: name },
      },
    );
  }
}

/** The value that stands behind the last of these flags; null where none is given. */
export function lastValueOf(flags: readonly string[], names: readonly string[]): string | null {
  const at = flags.findLastIndex((flag) => names.includes(normalize(flag)));
  return at < 0 ? null : (flags[at + 1] ?? null);
}

function whyRefused(flag: string): string | null {
  const name = normalize(flag);
  if (DOWNLOADS.test(name)) return 'it would reach a network';
  return Object.entries(REFUSED).find(([, names]) => names.split(' ').includes(name))?.[0] ?? null;
}

/** llama.cpp reads `--hf_repo` as `--hf-repo`; it knows no `--name=value`, and what it may come to mean is refused too. */
function normalize(flag: string): string {
  const [name = ''] = flag.split('=');
  return name.startsWith('--') ? name.replaceAll('_', '-') : name;
}
