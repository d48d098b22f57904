/** `trust`: keys, signature envelopes, policy. Knows names and digests, no archive. */
export { TRUST_FAILURES, TrustFailure, type TrustCode } from './error.ts';

// Keys, envelopes, statements.
export { IN_TOTO_PAYLOAD_TYPE, preAuthenticationEncoding } from './dsse.ts';
export { KEY_CURVE_NAMES } from './key-curves.ts';
export { formatPrivateKey, generateKeyPair, type GenerateKeyOptions } from './key-generate.ts';
export {
  formatPublicKey,
  hintOf,
  isEncryptedKey,
  loadPrivateKey,
  parsePublicKey,
  type LoadPrivateKeyOptions,
  type ParseKeyOptions,
} from './key-parse.ts';
export {
  listKeys,
  readKeyFile,
  saveKeyPair,
  type KeyFile,
  type KeyPlace,
  type ListedKey,
  type SavedKey,
} from './key-store.ts';
export { matchResources } from './match-resources.ts';
export { maxSignatureBytes, signResources, type SignOptions } from './signature-make.ts';
export { readSignature } from './signature-read.ts';
export { verifySignature, type VerifySignatureOptions } from './signature-verify.ts';
export { parseStrictJson, type StrictJsonOptions } from './strict-json.ts';
export type {
  KeyCurve,
  ReadSignature,
  Resource,
  SigningKey,
  TrustedKey,
  VerifiedSignature,
} from './types.ts';

// Policies.
export {
  highestCounter,
  NO_COUNTERS,
  rememberCounter,
  type AcceptedCounters,
  type AcceptedLine,
} from './counter-memory.ts';
export {
  POLICY_PLACES,
  SIGNATURE_MODES,
  type FoundPolicy,
  type Policy,
  type PolicyAllowances,
  type PolicyKey,
  type PolicyPlace,
  type SignatureMode,
} from './policy.ts';
export {
  findPolicy,
  loadPolicy,
  policyPaths,
  POLICY_FILE_NAME,
  SYSTEM_POLICY_FILE,
  type PolicyPlaces,
} from './policy-find.ts';
export {
  judgeRelease,
  revokedKey,
  type JudgedRelease,
  type JudgeOptions,
  type StatedRelease,
  type TrustVerdict,
  type VouchedRelease,
} from './policy-judge.ts';
export { POLICY_SCHEMA_NAME, policyJsonSchema } from './policy-json-schema.ts';
export { formatPolicy, type NewPolicy } from './policy-new.ts';
export { assertArchitecture, type Forced, type JudgedContent } from './policy-rules.ts';
export { checkSignature, type SignatureFinding, type SignedContent } from './policy-signature.ts';
export { parsePolicy } from './policy-on-first-use.ts';
