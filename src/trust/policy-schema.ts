/**
 * A policy exactly as it stands on disk (snake_case). Unknown keys are refused: a misspelt rule would be one that does not
 * hold. Loads zod: import it on first use only.
 */
import { z } from 'zod';
import { ARTIFACT_TYPES } from '../core/index.ts';
import {
  MAX_KEY_BYTES,
  MAX_LINE_LENGTH,
  MAX_POLICY_ITEMS,
  MAX_POLICY_TEXT_LENGTH,
  MAX_TRUSTED_KEYS,
} from './limits.ts';
import { SIGNATURE_MODES } from './policy.ts';

const text = z.string().trim().min(1).max(MAX_POLICY_TEXT_LENGTH);
const line = z.string().min(1).max(MAX_LINE_LENGTH);
const counter = z.int().min(0);
const allowed = z.boolean().default(false);

const key = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex')
    .describe('SHA-256 of the public key (SubjectPublicKeyInfo in DER); must be that of public_key.'),
  public_key: z.string().max(MAX_KEY_BYTES).describe('The public key in PEM: P-256, P-384 or P-521.'),
  name: text.exactOptional().describe('What people call it.'),
  lines: z
    .array(line)
    .min(1)
    .max(MAX_POLICY_ITEMS)
    .exactOptional()
    .describe('The lines whose releases it may sign; any where left out.'),
  min_counter: counter.exactOptional().describe('The lowest release counter that it may sign.'),
  max_counter: counter
    .exactOptional()
    .describe('The highest release counter that it may sign: set it when the key is rotated.'),
  revoked: text
    .exactOptional()
    .describe('Why the key is not believed any more; whatever it signed is refused.'),
});

export const policyFile = z
  .strictObject({
    $schema: z.string().exactOptional().describe('For editors.'),
    policy_version: z.literal(1),
    signatures: z
      .enum(SIGNATURE_MODES)
      .describe('off: not checked. warn: what require would refuse is a warning. require: it is refused.'),
    keys: z.array(key).max(MAX_TRUSTED_KEYS).default([]).describe('Whose signatures are believed.'),
    artifact_types: z
      .array(z.enum(ARTIFACT_TYPES))
      .min(1)
      .exactOptional()
      .describe('What may go live; any where left out.'),
    architectures: z
      .array(text)
      .min(1)
      .max(MAX_POLICY_ITEMS)
      .exactOptional()
      .describe('Architectures as milton gguf inspect names them; any where left out.'),
    max_size_bytes: z.int().min(1).exactOptional().describe('Of the files of a model together.'),
    evidence: z
      .enum(['any', 'measured'])
      .default('any')
      .describe('measured: only models whose benchmark run measured these very bytes.'),
    clock: z
      .enum(['trusted', 'untrusted'])
      .default('untrusted')
      .describe('trusted: releases expire. Only where the time of the machine cannot be set back by others.'),
    allow: z
      .strictObject({
        skip_load_test: allowed.describe('--skip-load-test'),
        downgrade: allowed.describe('--allow-downgrade REASON'),
        unsafe_files: allowed.describe('--allow-unsafe-files'),
        python_bundles: allowed.describe('Bundles of the Python tool; never with signatures: require.'),
      })
      .prefault({})
      .describe('What a person may force; nothing where left out.'),
  })
  .describe('policy.json: what the owner of a device takes.');

export type PolicyFile = z.infer<typeof policyFile>;
