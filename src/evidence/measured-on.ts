/** Where and with what a run measured, as far as it says so: only figures of one machine and one engine can be held together. Pure. */
import type { BenchmarkRun } from './types.ts';

/** Stands in `edge.json` of a bundle, so that a device can tell whether it is the machine that measured. */
export type MeasuredOn = {
  readonly machine_sha256: string | null;
  readonly engine: string | null;
  readonly engine_version: string | null;
  readonly engine_flags: readonly string[] | null;
};

/** Null where there is no run, or it says nothing of this. */
export function toMeasuredOn(run: BenchmarkRun | null): MeasuredOn | null {
  const { machine_sha256, engine, engine_version, engine_flags } = run?.milton ?? {};
  const stated = {
    machine_sha256: machine_sha256 ?? null,
    engine: engine ?? null,
    engine_version: engine_version ?? null,
    engine_flags: engine_flags ?? null,
  };
  return Object.values(stated).some((value) => value !== null) ? stated : null;
}
