/**
 * What is on disk, looked at before anything is packed: of the type that was asked for, structurally sound, complete, and
 * with names that can travel.
 */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { escapeText, type ArtifactType } from '../core/index.ts';
import { toSystemFailure, withFileSource } from '../system/index.ts';
import { listChatTemplates, templatesOfDirectory } from './chat-templates.ts';
import { BundleFailure } from './error.ts';
import { findOnlySplit, openGguf, type OpenGgufOptions } from './open-gguf.ts';
import { comparePaths, NameSet } from './path-safety.ts';
import type { Artifact, ArtifactFile, HfArtifact } from './types.ts';

/** `allow`: policy rules that a GGUF may break. `strict`: a suspicious chat template is refused. */
export interface OpenArtifactOptions<Type extends ArtifactType = ArtifactType> extends OpenGgufOptions {
  readonly type: Type;
  /** Lets files of a directory pass that run code when they are loaded. */
  readonly allowUnsafeFiles?: boolean;
}

/**
 * Opens a GGUF file (any shard of a split one, or a folder that holds no other GGUF) or a Hugging Face directory. Throws
 * `SYSTEM_FILE_*`, `BUNDLE_ARTIFACT_MISFIT`, `BUNDLE_SHARD_MISSING`, `BUNDLE_NAME_*`, `GGUF_*`, `HF_*`, `TEMPLATE_*`, `CORE_*`.
 */
export async function openArtifact<Type extends ArtifactType>(
  path: string,
  options: OpenArtifactOptions<Type>,
): Promise<Extract<Artifact, { readonly type: Type }>>;
export async function openArtifact(path: string, options: OpenArtifactOptions): Promise<Artifact> {
  const absolute = resolve(path);
  const isDirectory = await readIsDirectory(absolute);
  const artifact =
    options.type === 'gguf'
      ? await openGguf(isDirectory ? await requireSplit(absolute) : absolute, options)
      : await openHfDirectory(absolute, isDirectory, options);
  const names = new NameSet();
  for (const file of artifact.files) names.addFile(file.path);
  return artifact;
}

async function readIsDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

async function requireSplit(directory: string): Promise<string> {
  const shard = await findOnlySplit(directory);
  if (shard !== null) return shard;
  throw misfit(directory, 'a GGUF file, as the type is gguf', 'a directory');
}

async function openHfDirectory(
  path: string,
  isDirectory: boolean,
  { signal, strict = false, allowUnsafeFiles = false }: OpenArtifactOptions,
): Promise<HfArtifact> {
  if (!isDirectory) throw misfit(path, 'a directory, as the type is hf-distilled', 'a file');
  const { checkHfDirectory } = await import('../hf/index.ts');
  const facts = await checkHfDirectory(path, { signal, allowUnsafeFiles });
  const { judgeChatTemplates } = await import('../template/index.ts');
  const templates = templatesOfDirectory(facts);
  const suspicions = judgeChatTemplates(templates, { path, strict });
  const files: ArtifactFile[] = [];
  for (const file of facts.files) files.push(await describeFile(file.absolutePath, `model/${file.path}`));
  return {
    type: 'hf-distilled',
    path,
    files: files.toSorted((a, b) => comparePaths(a.path, b.path)),
    totalSizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    warnings: [...facts.warnings, ...suspicions],
    chatTemplates: listChatTemplates(templates),
    unsafeFiles: facts.unsafeFiles.map((file) => ({ path: `model/${file.path}`, reason: file.reason })),
    facts,
  };
}

async function describeFile(absolutePath: string, path: string): Promise<ArtifactFile> {
  return withFileSource(absolutePath, ({ identity }) =>
    Promise.resolve({ path, absolutePath, sizeBytes: identity.sizeBytes, identity }),
  );
}

function misfit(path: string, expected: string, received: string): BundleFailure {
  const message = `${escapeText(path)} is ${received}, and not ${expected}.`;
  return new BundleFailure('BUNDLE_ARTIFACT_MISFIT', message, { details: { path, expected, received } });
}
