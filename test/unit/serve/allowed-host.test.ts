import { describe, expect, it } from 'vitest';
import { isAllowedHost, isLoopback } from '../../../src/serve/allowed-host.ts';

const NAMES = { hostname: 'Box', allowed: ['llm.example.org'] };

describe('isAllowedHost', () => {
  it.each([
    '127.0.0.1:8080',
    '127.0.0.1',
    'localhost:8080',
    'LOCALHOST.:1',
    'a.localhost',
    '[::1]:8080',
    '192.168.1.7:8080',
    'box:8080',
    'box.local',
    'LLM.example.org:443',
    undefined,
  ])('takes %s', (host) => {
    expect(isAllowedHost(host, NAMES)).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'box.evil.example',
    'example.org',
    '',
    ':8080',
    'a b',
    '127.0.0.1:8080@evil.example',
    '127.0.0.1:8080, evil.example',
    '[::1].evil.example',
  ])('takes no %j', (host) => {
    expect(isAllowedHost(host, NAMES)).toBe(false);
  });
});

describe('isLoopback', () => {
  it('knows the addresses that only this machine can reach', () => {
    expect(['127.0.0.1', '127.8.0.1', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '192.168.1.7', 'box', '127.0.0.1.evil.example', ''].some(isLoopback)).toBe(
      false,
    );
  });
});
