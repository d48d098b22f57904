/** What `--strict` and `--allow-unsafe-files` say of themselves, wherever they stand. */

export const STRICT_HELP = 'refuse a suspicious chat template instead of warning of it';

export const ALLOW_UNSAFE_HELP =
  'with hf-distilled: take files that run code when they are loaded; the bundle and the release say so';
