/** What a claim of 100 texts costs with 10,000, 100,000 and 1,000,000 in the queue: it must not grow. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { systemClock } from '#clock.js';
import { claimMessages } from '#core/messages/claim-messages.js';
import { openSecretBox } from '#core/secret-box.js';
import type { Tables } from '#core/tables.js';
import { openDatabase } from '#storage/database.js';
import { startEmbedded } from '#storage/embedded.js';
import { makeTemplate, onDatabase } from '../database-template.js';

const SIZES = [10_000, 100_000, 1_000_000];
const SENDERS = 20;
const CLAIMS = 40;
const TOGETHER = 100;
/** The first claims meet a cold cache. */
const WARM_UP = 5;

const log = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
const folder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
const server = await startEmbedded({ dataFolder: folder, log, durable: true });
const connection = onDatabase(server.connection, await makeTemplate(server.connection));
const storage = await openDatabase<Tables>({ connection, log, maxConnections: 4 });
try {
  const db = storage.kysely;
  const nothing = (): void => undefined;
  const core = {
    ...{ db, log, clock: systemClock, node: 1, secrets: openSecretBox('of the bench') },
    wake: {
      calls: nothing,
      deliveries: nothing,
      messages: nothing,
      campaigns: nothing,
      imports: nothing,
      batches: nothing,
      emails: nothing,
      transcripts: nothing,
      attachments: nothing,
      referrals: nothing,
    },
  };
  await sql`insert into accounts (id, name, domain, limits, created_at)
    values ('acc_1', 'bench', 'bench.test', '{"messages_per_minute": 1000000}', now())`.execute(db);
  await sql`insert into numbers (account_id, mode, number, segments_per_second, created_at)
    select 'acc_1', 'test', '+150055501' || lpad(n::text, 2, '0'), 1000000, now()
    from generate_series(0, ${SENDERS - 1}) as n`.execute(db);
  for (const [index, size] of SIZES.entries()) {
    await queue(SIZES[index - 1] ?? 0, size);
    const took: number[] = [];
    for (let claim = 0; claim < CLAIMS; claim++) {
      const since = performance.now();
      const { claimed } = await claimMessages(core, () => ({ window: TOGETHER, free: TOGETHER }), { busy: true });
      if (claimed.length !== TOGETHER) throw new Error(`${claimed.length} texts were claimed`);
      if (claim >= WARM_UP) took.push(performance.now() - since);
    }
    const median = took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
    console.log(`${size} queued: a claim of ${TOGETHER} takes ${median.toFixed(1)} ms (median)`);
  }

  async function queue(from: number, to: number): Promise<void> {
    await sql`
      insert into messages (id, account_id, mode, direction, purpose, priority, status, from_address, to_address, text,
        encoding, segments, dialect, created_at, due_at, expires_at)
      select 'sms_' || lpad(n::text, 8, '0'), 'acc_1', 'test', 'out', 'transactional', 3, 'queued',
        '+150055501' || lpad((n % ${SENDERS})::text, 2, '0'), '+1212' || (2000000 + n), 'Hello', 'gsm7', 1, 'outreach',
        now(), now(), now() + interval '1 day'
      from generate_series(${from + 1}::integer, ${to}::integer) as n`.execute(db);
    await sql`analyze messages`.execute(db);
  }
} finally {
  await storage.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
