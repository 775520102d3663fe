import type { Core } from '#core/core.js';

/** Of all sounds together: some 17 minutes, 16 MB. */
const MOST_SAMPLES_KEPT = 8_000_000;

/** Grows with every sound that is forgotten: one that was read before may be gone from the disk. */
let forgotten = 0;

/** By path, the one heard last at the end. A file is never written again, so what is kept stays true. */
const kept = new Map<string, Int16Array>();
let samples = 0;

/** A file's samples, 8,000 a second, in memory that threads can share. Rejects when it is not there. */
export async function readSamples(core: Pick<Core, 'recordings'>, file: string): Promise<Int16Array> {
  const path = core.recordings.path(file);
  const known = kept.get(path);
  drop(path);
  const before = forgotten;
  const pcm = known ?? (await core.recordings.read(file));
  // Who hears it now hears it to its end; nothing of it is kept (rule 21).
  if (forgotten !== before) return pcm;
  // Two may have read it at once.
  drop(path);
  kept.set(path, pcm);
  samples += pcm.length;
  for (const [oldest] of kept) {
    if (samples <= MOST_SAMPLES_KEPT) break;
    drop(oldest);
  }
  return pcm;
}

/** Its file is being removed. */
export function forgetSamples(path: string): void {
  forgotten += 1;
  drop(path);
}

function drop(path: string): void {
  samples -= kept.get(path)?.length ?? 0;
  kept.delete(path);
}
