import { describe, expect, it } from 'vitest';
import {
  hasService,
  NO_SERVICE,
  parseService,
  toServiceJson,
  type ServiceSettings,
} from '../../../src/deploy/service-settings.ts';

const FULL: ServiceSettings = {
  restartCommand: null,
  handover: 'stop-first',
  stopCommand: 'systemctl stop llm',
  startCommand: 'systemctl start llm',
  probes: [
    { kind: 'http', url: 'http://127.0.0.1:8080/health' },
    { kind: 'openai', url: 'http://127.0.0.1:8080/v1' },
    { kind: 'command', command: 'true' },
  ],
  attempts: 3,
  intervalMs: 10,
  timeoutMs: 20,
  commandTimeoutMs: 30,
  soakMs: 40,
};

describe('parseService', () => {
  it('reads back what toServiceJson wrote', () => {
    expect(parseService(JSON.parse(JSON.stringify(toServiceJson(FULL))))).toEqual(FULL);
    expect(parseService(toServiceJson(NO_SERVICE))).toEqual(NO_SERVICE);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['no probes', { ...toServiceJson(FULL), probes: 'many' }],
    ['a probe of another kind', { ...toServiceJson(FULL), probes: [{ kind: 'ping', url: 'http://x' }] }],
    ['a probe without a URL', { ...toServiceJson(FULL), probes: [{ kind: 'http', url: 'not one' }] }],
    ['another handover', { ...toServiceJson(FULL), handover: 'hope' }],
  ])('gives null for %s', (_what, value) => {
    expect(parseService(value)).toBeNull();
  });

  it('takes the defaults for numbers that cannot be followed', () => {
    expect(parseService({ ...toServiceJson(FULL), attempts: -1, soak_ms: 'long' })).toMatchObject({
      attempts: NO_SERVICE.attempts,
      soakMs: NO_SERVICE.soakMs,
    });
  });
});

describe('hasService', () => {
  it('is false only where nothing is to be done', () => {
    expect(hasService(NO_SERVICE)).toBe(false);
    expect(hasService({ ...NO_SERVICE, restartCommand: 'true' })).toBe(true);
    expect(hasService({ ...NO_SERVICE, startCommand: 'true' })).toBe(true);
    expect(hasService({ ...NO_SERVICE, probes: FULL.probes })).toBe(true);
  });
});
