/**
 * What is fuzzed. A target is one round of it, told by a source of chance, so that a finding is repeated by its seed; it
 * throws when something is wrong. `fuzz.test.ts` runs a few rounds of each, `npm run fuzz` as many as there is time for.
 */
import { engine } from '#voice/fuzz/engine.fixture.js';
import { mediaRain, rtcp, rtp } from '#voice/fuzz/media.fixture.js';
import { seededRandom, type Random } from '#voice/fuzz/random.fixture.js';
import { sessionDescription } from '#voice/fuzz/session-description.fixture.js';
import { framing, parsing, transactions } from '#voice/fuzz/sip.fixture.js';

export interface FuzzTarget {
  round: (random: Random) => void | Promise<void>;
  /** How many rounds the tests run: a second's worth, about. */
  roundsInTests: number;
}

export const FUZZ_TARGETS: Readonly<Record<string, FuzzTarget>> = {
  'sip-parser': { round: parsing, roundsInTests: 4_000 },
  'sip-stream': { round: framing, roundsInTests: 400 },
  'sip-transactions': { round: transactions, roundsInTests: 15 },
  'sip-engine': { round: engine, roundsInTests: 12 },
  sdp: { round: sessionDescription, roundsInTests: 4_000 },
  rtp: { round: rtp, roundsInTests: 5_000 },
  rtcp: { round: rtcp, roundsInTests: 5_000 },
  'media-rain': { round: mediaRain, roundsInTests: 12 },
};

/** Runs rounds with the seeds `firstSeed`, `firstSeed + 1` and so on. @throws FuzzFinding */
export async function fuzz(name: string, firstSeed: number, rounds: number): Promise<void> {
  const target = FUZZ_TARGETS[name];
  if (target === undefined) throw new Error(`no target ${name}; there are ${Object.keys(FUZZ_TARGETS).join(', ')}`);
  for (let seed = firstSeed; seed < firstSeed + rounds; seed += 1) {
    try {
      await target.round(seededRandom(seed));
    } catch (error) {
      throw new FuzzFinding(name, seed, error);
    }
  }
}

export class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding';

  constructor(target: string, seed: number, cause: unknown) {
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(`repeat with: npm run fuzz -- --target ${target} --seed ${seed} --rounds 1\n${what}`, { cause });
  }
}
