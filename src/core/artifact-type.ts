/** The two kinds of thing that can ship. GGUF is the default; the directory only when asked for by name. */
export const ARTIFACT_TYPES = ['gguf', 'hf-distilled'] as const;

export type ArtifactType = (typeof ARTIFACT_TYPES)[number];
