import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCampaignStorm } from '../campaign-storm.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { describeWithPeer } from './real-peer.js';

/** The whole campaign of 2,000 is a bench: `npm run bench -- campaign-calls`. */
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const RECIPIENTS = 120;
/** Two processes start, on a machine that may be busy. */
const WITHIN_MS = 240_000;

describeWithPeer(
  'sipp',
  'a campaign by voice over a trunk',
  () => {
    test(
      'its server is killed on the way: everybody is reached, once for each try, and its figures are those of the far end',
      { timeout: WITHIN_MS },
      async () => {
        const storm = await runCampaignStorm(database.connection, {
          ...{ recipients: RECIPIENTS, deaths: ['any'], channels: 100, callsPerSecond: 50 },
        });
        expect(storm).toMatchObject({ status: 'completed', kills: 1, wrong: [], violations: [] });
        expect(storm.stats).toMatchObject({
          total: RECIPIENTS,
          completed: RECIPIENTS,
          waiting: 0,
          active: 0,
          skipped: 0,
        });
        expect(storm.stats).toMatchObject(storm.seen);
        expect(Object.values(storm.seen).reduce((sum, count) => sum + count, 0)).toBe(RECIPIENTS);
        // Whoever opted out in the moment of the server's death did so all the same.
        expect(storm.optOuts).toBeGreaterThanOrEqual(storm.seen['opted_out'] ?? 0);
        const ends = ['answered', 'busy', 'rejected', 'no_answer', 'voicemail', 'opted_out', 'failed'];
        for (const end of ends) expect([end, storm.seen[end]]).not.toEqual([end, undefined]);
        expect(storm.invites).toBeGreaterThanOrEqual(storm.calls - storm.lost);
        expect(storm.invites).toBeLessThanOrEqual(storm.calls);
      },
    );
  },
  { rawSockets: true },
);
