import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { runSmppStorm } from '../smpp-storm.js';

/** The whole storm of 100,000 texts is a bench: `npm run bench -- smpp-storm`. */
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Five processes start, on a machine that may be busy. */
const WITHIN_MS = 240_000;

test(
  'texts over SMPP, with servers killed and connections cut among them: each ends in one way, none is doubled or lost',
  { timeout: WITHIN_MS },
  async () => {
    const storm = await runSmppStorm(database.connection, {
      ...{ texts: 1500, together: 250, kills: 4, cuts: 3, window: 20, withinMs: WITHIN_MS - 20_000 },
    });
    expect(storm).toMatchObject({ kills: 4, cuts: 3, doubled: [], wrong: [], violations: [] });
    expect(Object.values(storm.ends).reduce((sum, count) => sum + count, 0)).toBe(1500);
    expect(Object.keys(storm.ends)).not.toContain('queued');
    expect(Object.keys(storm.ends)).not.toContain('sending');
    expect(storm.unknown).toBeGreaterThan(0);
    expect(storm.unknown).toBeLessThanOrEqual(storm.mostUnknown);
    for (const end of ['delivered', 'undelivered', 'failed', 'sent']) expect(storm.ends[end]).toBeGreaterThan(0);
  },
);
