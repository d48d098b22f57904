/**
 * What a device holds against the model it is given, beyond its digests: chat templates that are ordinary and are the ones
 * that the bundle names, and no file that runs code unless its owner allows it.
 */
import {
  BundleFailure,
  listChatTemplates,
  type EdgeChatTemplate,
  type EdgeUnsafeFile,
} from '../bundle/index.ts';
import { escapeText, type Warning } from '../core/index.ts';
import { judgeChatTemplates, type ChatTemplate } from '../template/index.ts';
import { DeployFailure } from './error.ts';

export interface JudgeReleaseTemplatesOptions {
  /** What the release comes from, for messages. */
  readonly path: string;
  /** What `edge.json` lists; undefined where it lists none, or where a digest was let pass. */
  readonly stated: readonly EdgeChatTemplate[] | undefined;
  readonly strict: boolean;
}

/** Throws `TEMPLATE_SUSPICIOUS`, `TEMPLATE_LIMIT`, `BUNDLE_METADATA_DISAGREES`. */
export function judgeReleaseTemplates(
  templates: readonly ChatTemplate[],
  { path, stated, strict }: JudgeReleaseTemplatesOptions,
): readonly Warning[] {
  const warnings = judgeChatTemplates(templates, { path, strict });
  if (stated === undefined) return warnings;
  const expected = describe(stated);
  const received = describe(listChatTemplates(templates));
  if (expected === received) return warnings;
  throw new BundleFailure(
    'BUNDLE_METADATA_DISAGREES',
    'edge.json lists other chat templates than the model has.',
    { details: { expected: escapeText(expected), received: escapeText(received) } },
  );
}

/** The owner of the device decides, whatever whoever made the bundle allowed. Throws `DEPLOY_UNSAFE_FILES`. */
export function assertSafeFiles(
  unsafeFiles: readonly EdgeUnsafeFile[],
  { allowUnsafeFiles }: { readonly allowUnsafeFiles: boolean },
): void {
  const [first] = unsafeFiles;
  if (first === undefined || allowUnsafeFiles) return;
  const paths = unsafeFiles.slice(0, 5).map(({ path }) => escapeText(path, 120));
  throw new DeployFailure(
    'DEPLOY_UNSAFE_FILES',
    `The release holds files that run code when they are loaded: ${paths.join(', ')}${unsafeFiles.length > 5 ? ' …' : ''}.`,
    {
      details: {
        path: first.path,
        expected: 'safetensors, JSON and text',
        received: escapeText(first.reason),
        unsafe_files: unsafeFiles.length,
      },
    },
  );
}

function describe(templates: readonly EdgeChatTemplate[]): string {
  return templates.map(({ name, sha256 }) => `${name} sha256:${sha256}`).join(', ') || 'none';
}
