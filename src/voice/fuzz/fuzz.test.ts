import { describe, it } from 'vitest';
import { fuzz, FUZZ_TARGETS } from '#voice/fuzz/targets.fixture.js';

describe('what anybody can send does no harm', () => {
  it.each(Object.entries(FUZZ_TARGETS))('%s', (name, { roundsInTests }) => fuzz(name, 1, roundsInTests));
});
