/** What a bundle will say of its release: its line, its counter, its expiry, as asked or as they follow. Pure. */
import type { EdgeRelease } from '../bundle/index.ts';
import type { Warning } from '../core/index.ts';
import { PipelineFailure } from './error.ts';

/** What was asked for; missing is to be found out. */
export interface AskedRelease {
  readonly line?: string | undefined;
  readonly counter?: number | undefined;
  /** ISO 8601 with zone. */
  readonly expires?: string | undefined;
}

export interface StateReleaseOptions {
  readonly asked: AskedRelease;
  /** `base_model` of the registry; null where it is not known. */
  readonly baseModel: string | null;
  /** What the bundle says already; null where it says nothing, or is being made. */
  readonly stated?: EdgeRelease | null;
  /** A release is stated in any case, if its line is known. */
  readonly isSigned: boolean;
  /** Seconds since 1970: the counter, where none was asked for. */
  readonly nowSeconds: number;
}

export interface StatedRelease {
  readonly release: EdgeRelease | null;
  readonly warnings: readonly Warning[];
}

/**
 * The counter is the second of the packing unless one is asked for: it grows by itself on every machine whose clock does not
 * go back, and needs no file that two packers would have to share. Throws `PIPELINE_RELEASE_LINE_UNKNOWN`.
 */
export function stateRelease(options: StateReleaseOptions): StatedRelease {
  const { asked, baseModel, stated = null, isSigned, nowSeconds } = options;
  const isAsked = Object.values(asked).some((value) => value !== undefined);
  if (!isAsked && (stated !== null || !isSigned)) return { release: stated, warnings: [] };
  const line = asked.line ?? stated?.line ?? baseModel;
  if (line !== null) {
    const counter = asked.counter ?? stated?.counter ?? nowSeconds;
    return {
      release: { ...stated, line, counter, expires: asked.expires ?? stated?.expires ?? null },
      warnings: [],
    };
  }
  if (isAsked) {
    throw new PipelineFailure(
      'PIPELINE_RELEASE_LINE_UNKNOWN',
      'A counter or an expiry belongs to a line of releases, and none is known.',
      {
        details: { expected: '--line, or a model whose base_model the registry knows', received: 'neither' },
      },
    );
  }
  return { release: null, warnings: [LINE_UNKNOWN] };
}

const LINE_UNKNOWN: Warning = {
  code: 'RELEASE_LINE_UNKNOWN',
  message:
    'The bundle is signed without a line of releases, since no base model is known: a device cannot tell it from an older one, and a policy that requires signatures refuses it. --line NAME states it.',
};
