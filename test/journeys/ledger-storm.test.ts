import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { runLedgerStorm } from '../ledger-storm.js';

/** The whole storm of 10,000 uses is a bench: `npm run bench -- ledger`. */
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

/** Three processes start, on a machine that may be busy. */
const WITHIN_MS = 180_000;

test(
  'hundreds of uses with every end, and processes killed among them, leave the ledger right',
  { timeout: WITHIN_MS },
  async () => {
    const storm = await runLedgerStorm(database.connection, { uses: 260, together: 90, kills: 2, killEvery: 400 });
    expect(storm).toMatchObject({ kills: 2, difference: 0, stillHeld: 0, violations: [] });
    const ends = Object.keys(storm.uses);
    for (const end of ['call completed', 'call busy', 'code heard', 'file charge', 'node_lost']) {
      expect(ends.join('\n')).toContain(end);
    }
  },
);
