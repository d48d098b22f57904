import { describe, expect, it } from 'vitest';
import { findSecret } from '../../../src/hf/secret.ts';

// In two parts, so that nobody takes this file for a leak.
const join = (...parts: string[]) => parts.join('');
const BODY = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
const TOKEN = join('hf', '_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567');

describe('findSecret', () => {
  it.each([
    ['a key in PEM', join('-----BEGIN PRIV', `ATE KEY-----\n${BODY}\n`)],
    [
      'an RSA key in PEM, with headers',
      join('-----BEGIN RSA PRIV', `ATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${BODY}\n`),
    ],
    ['an OpenSSH key', join('-----BEGIN OPENSSH PRIV', `ATE KEY-----\n${BODY}\n`)],
    ['a key in JSON', join('{"private_key": "-----BEGIN PRIV', `ATE KEY-----\\n${BODY}\\n"}`)],
    ['a token of Hugging Face in JSON', `{"token": "${TOKEN}"}`],
    ['a token across two windows', ' '.repeat(1024 * 1024 - 10) + TOKEN],
    ['a token of GitHub', join('gh', 'p_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789')],
    ['a key of AWS', join('AK', 'IAQ3ZB7KTM5XNVJ2LD')],
  ])('finds %s, and does not repeat it', (_, text) => {
    const found = findSecret(Buffer.from(text));
    expect(found).toMatch(/^(a|an) /);
    expect(found).not.toMatch(/aBcD|MII/);
  });

  it.each([
    ['a placeholder', `export HF_TOKEN=hf_${'x'.repeat(34)}`],
    ['the example of the manual', join('AK', 'IAIOSFODNN7EXAMPLE')],
    ['prose about keys', 'A file that begins with -----BEGIN PRIVATE KEY----- is a key.'],
    ['a certificate', `-----BEGIN CERTIFICATE-----\n${BODY}\n`],
    ['a vocabulary', 'hf\n_\nhf_\ngpt\n'],
  ])('finds none in %s', (_, text) => {
    expect(findSecret(Buffer.from(text))).toBeNull();
  });
});
