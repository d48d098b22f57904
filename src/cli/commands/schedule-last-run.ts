/** How the last scheduled run ended, in one line and as JSON: for `schedule status`, and for `status` where it failed. */
import type { JsonObject } from '../../core/index.ts';
import type { LastRunState } from '../../schedule/index.ts';
import { formatAgo } from '../ago.ts';
import { shown } from '../text-style.ts';

/** Null where there was none. */
export function lastRunText(state: LastRunState, now: Date): string | null {
  switch (state.kind) {
    case 'none':
      return null;
    case 'running':
      return `running since ${shown(state.run.started_at)}`;
    case 'cut-off':
      return `began ${formatAgo(state.run.started_at, now)} and was cut off: it was killed, or the machine went down`;
    case 'unreadable':
      return `unknown: ${state.failure.code}: ${shown(state.failure.message)}`;
    case 'failed': {
      const { ended_at: ended, failure } = state.run;
      const what =
        failure === null ? 'no reason is known' : `${shown(failure.code)}: ${shown(failure.message)}`;
      return `failed ${formatAgo(ended ?? '', now)}: ${what}`;
    }
    case 'ended': {
      const { ended_at: ended, decision } = state.run;
      const reason = decision?.['reason'];
      return `ended ${formatAgo(ended ?? '', now)}: ${typeof reason === 'string' ? shown(reason) : 'done'}`;
    }
  }
}

export function lastRunJson(state: LastRunState): JsonObject | null {
  switch (state.kind) {
    case 'none':
      return null;
    case 'unreadable':
      return { state: state.kind, error: { ...state.failure.toReport() } };
    default: {
      const { failure } = state.run;
      return { state: state.kind, ...state.run, failure: failure === null ? null : { ...failure } };
    }
  }
}

/** What is to be seen without asking: that the last run failed, was cut off or left no readable word. */
export function scheduleAlarm(state: LastRunState, now: Date): string | null {
  const isWell = state.kind === 'none' || state.kind === 'running' || state.kind === 'ended';
  // The message is a sentence; here it goes on.
  return isWell
    ? null
    : `last run ${(lastRunText(state, now) ?? '').replace(/\.$/, '')}; milton schedule status`;
}
