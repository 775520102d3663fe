/** `npm run fuzz -- [--minutes 1] [--target NAME] [--seed N] [--rounds N]`: every target in turn, until the time is up. */
import { parseArgs } from 'node:util';
import { fuzz, FuzzFinding, FUZZ_TARGETS } from '#voice/fuzz/targets.fixture.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string' },
    seed: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const endsAt = Date.now() + Number(values.minutes) * 60_000;
const names = values.target === undefined ? Object.keys(FUZZ_TARGETS) : [values.target];
/** New damage with every run; the seed is printed. */
let seed = Number(values.seed ?? Date.now() % 2 ** 31);
const rounds = new Map(names.map((name) => [name, 0]));

console.log(`fuzzing ${names.join(', ')} from seed ${seed}`);
try {
  do {
    for (const name of names) {
      // About as long for each: what takes longer has fewer rounds.
      const batch = Number(values.rounds ?? Math.ceil((FUZZ_TARGETS[name]?.roundsInTests ?? 1) / 10));
      await fuzz(name, seed, batch);
      rounds.set(name, (rounds.get(name) ?? 0) + batch);
    }
    seed += 10_000;
  } while (values.rounds === undefined && Date.now() < endsAt);
} catch (error) {
  console.error(error instanceof FuzzFinding ? error.message : error);
  process.exitCode = 1;
}
for (const [name, count] of rounds) console.log(`${name.padEnd(18)} ${count} rounds`);
