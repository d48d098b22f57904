/** The most memory that a model took, as `peak_ram_mb` and `peak_vram_mb` of a run file: megabytes of a million bytes. */
import type { CandidateMetrics } from '../evidence/index.ts';
import { measured, skipped } from './metric.ts';
import type { BenchSubject } from './subject.ts';

export async function peakMetrics(
  subject: BenchSubject,
): Promise<Pick<CandidateMetrics, 'peak_ram_mb' | 'peak_vram_mb'>> {
  if (subject.resources === null) {
    const unseen = skipped('the engine runs where its memory cannot be seen');
    return { peak_ram_mb: unseen, peak_vram_mb: unseen };
  }
  try {
    const { peakRssBytes, vramBytes } = await subject.resources();
    return {
      peak_ram_mb: measured(peakRssBytes / 1e6, { metric: 'peak_resident_set' }),
      peak_vram_mb:
        vramBytes === null
          ? skipped('the model ran on the processor alone')
          : vramBytes === 'unseen'
            ? skipped('the engine does not tell what it takes of the GPU')
            : measured(vramBytes / 1e6, { metric: 'model_and_context_as_reckoned_by_the_engine' }),
    };
  } catch {
    const ended = skipped('the process of the engine had ended');
    return { peak_ram_mb: ended, peak_vram_mb: ended };
  }
}
