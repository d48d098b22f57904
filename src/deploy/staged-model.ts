/** Looks into what was staged before anything loads it: its chat templates, and whether it holds what was not stated. */
import { BundleFailure, templatesOfDirectory } from '../bundle/index.ts';
import { escapeText, type Warning } from '../core/index.ts';
import { describeGguf, parseGguf } from '../gguf/index.ts';
import { checkHfDirectory } from '../hf/index.ts';
import { withFileSource } from '../system/index.ts';
import type { ChatTemplate } from '../template/index.ts';
import type { DeployOptions } from './deploy-options.ts';
import { judgeReleaseTemplates } from './judge-templates.ts';
import { assertArchitecture } from '../trust/index.ts';
import type { LoadTestSubject } from './load-test.ts';
import type { OpenRelease } from './release-source.ts';
import type { TrustSession } from './trust-session.ts';

export interface JudgeStagedOptions extends Pick<
  DeployOptions,
  'strict' | 'allowUnsafeFiles' | 'skipChecksum' | 'restores'
> {
  readonly trust: Pick<TrustSession, 'found'>;
  readonly release: Pick<OpenRelease, 'bundlePath' | 'statedTemplates' | 'unsafeFiles'>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Warnings only of what came in a bundle: a local artifact had its own when it was opened. Throws `TEMPLATE_*`,
 * `BUNDLE_METADATA_DISAGREES`, `TRUST_ARCHITECTURE`, and what reading the model throws (`GGUF_*`, `HF_*`, `SYSTEM_FILE_*`).
 */
export async function judgeStagedModel(
  subject: LoadTestSubject,
  options: JudgeStagedOptions,
): Promise<readonly Warning[]> {
  const { release, strict, skipChecksum } = options;
  const warnings = judgeReleaseTemplates(await readTemplates(subject, options), {
    path: release.bundlePath ?? (subject.kind === 'gguf' ? (subject.paths[0] ?? '') : subject.path),
    // A file that is not the listed one may have other templates, too.
    stated: skipChecksum ? undefined : release.statedTemplates,
    strict,
  });
  return release.bundlePath === null ? [] : warnings;
}

async function readTemplates(
  subject: LoadTestSubject,
  { release, allowUnsafeFiles, signal, ...options }: JudgeStagedOptions,
): Promise<readonly ChatTemplate[]> {
  if (subject.kind === 'gguf') {
    const [first] = subject.paths;
    // The load test has the words for it.
    if (first === undefined) return [];
    return withFileSource(first, async (source) => {
      const file = await parseGguf(source, signal === undefined ? {} : { signal });
      const { chatTemplates, architecture } = describeGguf(file);
      judgeArchitecture(architecture, options);
      return chatTemplates;
    });
  }
  const facts = await checkHfDirectory(subject.path, { allowUnsafeFiles, signal });
  judgeArchitecture(facts.architectures[0] ?? facts.modelType, options);
  // A bundle without edge.json states nothing; that its files were allowed is all there is to know.
  const stated = new Set(release.unsafeFiles.map(({ path }) => path));
  const unstated = facts.unsafeFiles.find(({ path }) => !stated.has(`model/${path}`));
  if (unstated !== undefined && release.statedTemplates !== undefined) {
    throw new BundleFailure(
      'BUNDLE_METADATA_DISAGREES',
      `edge.json does not list ${escapeText(unstated.path)}, which is ${escapeText(unstated.reason)}.`,
      {
        details: {
          path: unstated.path,
          expected: 'every unsafe file in edge.json',
          received: 'an unlisted one',
        },
      },
    );
  }
  return templatesOfDirectory(facts);
}

/** The model itself says what it is, whatever its bundle says. */
function judgeArchitecture(
  architecture: string | null,
  { trust: { found }, restores }: Pick<JudgeStagedOptions, 'trust' | 'restores'>,
): void {
  if (found !== null && restores === null) assertArchitecture(found.policy, architecture);
}
