/** Under which conditions the numbers came about: the machine, the engine, the questions, and what went on meanwhile. */
import { toRecordedRun } from '../bench/index.ts';
import { formatBytes } from '../core/index.ts';
import { dataTable } from './data-table.ts';
import { html, type Content, type Html } from './html.ts';
import type { ReportedModel, ReportedRun } from './reported-run.ts';
import { nameOf, toMoment, toNumber, toYesNo, withUnit } from './words.ts';

export function conditionsSection({ run, models }: ReportedRun): Html {
  return html`<section>
    <h2>Conditions</h2>
    <dl>
      ${runFacts(run).flatMap(([name, value]) =>
        value === null || value === undefined || value === ''
          ? []
          : [
              html`<dt>${name}</dt>
                <dd>${value}</dd>`,
            ],
      )}
    </dl>
    ${machineTable(models)} ${bytesTable(models)} ${digestTable(models)}
  </section>`;
}

function runFacts(run: ReportedRun['run']): readonly (readonly [string, Content | undefined])[] {
  const { system_info: system, milton, metadata } = run;
  const recorded = toRecordedRun(run);
  const { speed, cove, retrieval } = recorded.suiteCases;
  return [
    ['run', metadata.run_id],
    ['measured', toMoment(metadata.timestamp)],
    ['machine', [system.hostname, system.platform, system.platform_version].filter(Boolean).join(', ')],
    ['processor', [system.cpu_info, withUnit(system.cpu_count, 'processors')].filter(Boolean).join(', ')],
    ['memory', withUnit(system.total_ram_gb, 'GiB')],
    ['GPU', system.gpu_info],
    ['engine', [milton?.engine, milton?.engine_version].filter(Boolean).join(' ')],
    ['engine flags', milton?.engine_flags?.join(' ')],
    ['Node', milton?.node_version],
    ['suite', recorded.suiteName],
    [
      'asked',
      speed === null
        ? null
        : `${speed} prompts, ${cove ?? '?'} cases, ${retrieval ?? '?'} queries in the suite`,
    ],
    ['suite digest', milton?.suite_sha256 ? html`<code>${milton.suite_sha256}</code>` : null],
    ['machine digest', milton?.machine_sha256 ? html`<code>${milton.machine_sha256}</code>` : null],
    ['command', metadata.command_line === null ? null : html`<code>${metadata.command_line}</code>`],
  ];
}

function machineTable(models: readonly ReportedModel[]): Html {
  return dataTable(
    'While each model was measured',
    [
      'model',
      'threads',
      'context',
      'GPU layers',
      'device',
      'load before',
      'load after',
      'throttled',
      'noisy',
    ],
    models.map((model) => {
      const { conditions: at } = model;
      return {
        head: nameOf(model),
        cells: [
          toNumber(at.threads, 0),
          toNumber(at.contextTokens, 0),
          toNumber(at.gpuLayers, 0),
          at.device,
          toNumber(at.loadBefore, 2),
          toNumber(at.loadAfter, 2),
          toYesNo(at.throttled),
          at.noisy === true ? html`<span class="bad">yes</span>` : toYesNo(at.noisy),
        ],
      };
    }),
    { texts: [3] },
  );
}

function bytesTable(models: readonly ReportedModel[]): Html {
  return dataTable(
    'What was measured',
    ['model', 'size', 'memory', 'GPU memory', 'loaded in', 'wall clock, tokens/s', 'between tokens'],
    models.map((model) => ({
      head: nameOf(model),
      cells: [
        model.sizeBytes === null ? null : formatBytes(model.sizeBytes),
        withUnit(model.peakRam.value, 'MB'),
        withUnit(model.peakVram.value, 'MB'),
        withUnit(model.latency.loadMs, 'ms', 0),
        toNumber(model.rate.wallClockMedian),
        withUnit(model.rate.differencePerTokenUs, 'µs', 0),
      ],
    })),
  );
}

function digestTable(models: readonly ReportedModel[]): Html {
  return html`<details>
    <summary>Which bytes: SHA-256 of each model</summary>
    ${dataTable(
      'SHA-256 of what was measured',
      ['model', 'SHA-256'],
      models.map((model) => ({
        head: nameOf(model),
        cells: [model.sha256 === null ? 'not stated' : html`<code>${model.sha256}</code>`],
      })),
      { texts: [0] },
    )}
  </details>`;
}
