/** What looking into one bundle does not need, each loaded when it is first called. */
import type * as create from './create-bundle.ts';
import type * as extract from './extract-bundle.ts';
import type * as list from './list-bundles.ts';
import type * as open from './open-artifact.ts';
import type * as entries from './open-entries.ts';
import type * as stream from './model-stream.ts';
import type * as plan from './plan-bundle.ts';
import type * as shared from './shared-bytes.ts';
import type * as sign from './sign-bundle.ts';
import type * as stage from './stage-artifact.ts';
import type * as verify from './verify-bundle.ts';
import type * as signed from './verify-signed.ts';

/** {@inheritDoc create.createBundle} */
export const createBundle: typeof create.createBundle = async (options) =>
  (await import('./create-bundle.ts')).createBundle(options);

/** {@inheritDoc extract.extractBundle} */
export const extractBundle: typeof extract.extractBundle = async (source, directory, options) =>
  (await import('./extract-bundle.ts')).extractBundle(source, directory, options);

/** {@inheritDoc list.listBundles} */
export const listBundles: typeof list.listBundles = async (directory, options) =>
  (await import('./list-bundles.ts')).listBundles(directory, options);

/** {@inheritDoc open.openArtifact} */
export const openArtifact: typeof open.openArtifact = async (path, options) =>
  (await import('./open-artifact.ts')).openArtifact(path, options);

/** {@inheritDoc entries.openBundleEntries} */
export const openBundleEntries: typeof entries.openBundleEntries = async (source, options) =>
  (await import('./open-entries.ts')).openBundleEntries(source, options);

/** {@inheritDoc sign.signBundle} */
export const signBundle: typeof sign.signBundle = async (path, options) =>
  (await import('./sign-bundle.ts')).signBundle(path, options);

/** {@inheritDoc stage.stageArtifact} */
export const stageArtifact: typeof stage.stageArtifact = async (options) =>
  (await import('./stage-artifact.ts')).stageArtifact(options);

/** {@inheritDoc verify.verifyBundle} */
export const verifyBundle: typeof verify.verifyBundle = async (source, options) =>
  (await import('./verify-bundle.ts')).verifyBundle(source, options);

/** {@inheritDoc signed.verifySignedBundle} */
export const verifySignedBundle: typeof signed.verifySignedBundle = async (source, options) =>
  (await import('./verify-signed.ts')).verifySignedBundle(source, options);

/** {@inheritDoc plan.bundleRoomBytes} */
export const bundleRoomBytes: typeof plan.bundleRoomBytes = async (input) =>
  (await import('./plan-bundle.ts')).bundleRoomBytes(input);

/** {@inheritDoc shared.findSharedBytes} */
export const findSharedBytes: typeof shared.findSharedBytes = async (...args) =>
  (await import('./shared-bytes.ts')).findSharedBytes(...args);

/** {@inheritDoc stream.openChecked} */
export const openChecked: typeof stream.openChecked = async (file) =>
  (await import('./model-stream.ts')).openChecked(file);
