/** What options that stand in several commands say of themselves. */

export const STRICT_HELP = 'refuse a suspicious chat template instead of warning of it';

export const ALLOW_UNSAFE_HELP =
  'with hf-distilled: take files that run code when they are loaded; the bundle and the release say so';

export const ALLOW_DOWNGRADE_HELP =
  'take a signed release with a lower counter than one that was here, where the policy lets it; the reason is recorded';
