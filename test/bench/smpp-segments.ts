/** Segments a second over SMPP on loopback: through the adapter alone, and through the server from the queue on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { CarrierListener, OutgoingText } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { smppCarrier } from '#carriers/smpp-carrier.js';
import { systemClock } from '#clock.js';
import { addCarrier } from '#core/carriers/index.js';
import { readGsm7 } from '#core/segments/index.js';
import { startEmbedded } from '#storage/embedded.js';
import { makeTemplate, onDatabase } from '../database-template.js';
import { queueTexts, setPace } from '../queued-texts.js';
import { Smsc } from '../smsc.js';
import { openWorldOn, SANDBOX_NUMBER, sandboxCarriers } from '../world.js';

const ALONE = 50_000;
const QUEUED = 20_000;
const WINDOW = 100;

const perSecond = (count: number, since: number): string =>
  `${Math.round(count / ((performance.now() - since) / 1000))} a second`;

const silent = { info: () => undefined, warn: () => undefined, error: console.error };

await alone();
await fromTheQueue();

async function alone(): Promise<void> {
  const smsc = await Smsc.open({ fate: () => ({ answer: 'accept' }) });
  const carrier = await connected(smsc.port);
  let left = ALONE;
  const since = performance.now();
  await Promise.all(
    Array.from({ length: WINDOW }, async () => {
      while (left-- > 0) await carrier.submit(text(left));
    }),
  );
  console.log(`the adapter alone, window ${WINDOW}: ${perSecond(ALONE, since)} (${smsc.taken.length} taken)`);
  await carrier.close();
  await smsc.close();
}

function connected(port: number): Promise<OpenCarrier> {
  return new Promise((resolve) => {
    const listener: CarrierListener = {
      onReceipt: () => Promise.resolve(),
      onMessage: () => Promise.resolve(),
      onState: (_id, { up }) => (up ? resolve(carrier) : undefined),
    };
    const settings = { host: '127.0.0.1', port, systemId: 'sidetone', window: WINDOW };
    const carrier = smppCarrier(
      { id: 'car_1', name: 'bench', kind: 'smpp', settings, secrets: { password: 'secret' } },
      listener,
      { clock: systemClock, readGsm7 },
    );
  });
}

function text(number: number): OutgoingText {
  const body = Buffer.from(`Text ${number}`);
  return {
    ...{ id: `sms_${number}`, from: SANDBOX_NUMBER, to: '+12125550100', text: body.toString(), encoding: 'gsm7' },
    ...{ parts: [{ part: 1, header: Buffer.alloc(0), body }], of: 1, reference: 1, validitySeconds: 3600 },
  };
}

/** Claimed, paced, handed over, written as sent with their events, and delivered by receipts. */
async function fromTheQueue(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
  const server = await startEmbedded({ dataFolder: join(folder, 'data'), log: silent, durable: true });
  const smsc = await Smsc.open({ window: 100 });
  try {
    const world = await openWorldOn(
      {
        folder,
        database: {
          connection: onDatabase(server.connection, await makeTemplate(server.connection)),
          close: () => Promise.resolve(),
        },
        openedAt: new Date(),
        inhabitants: undefined,
      },
      systemClock,
      {
        carriers: (clock) =>
          sandboxCarriers(clock, {
            smpp: (config, listener) => smppCarrier(config, listener, { clock, readGsm7 }),
          }),
      },
    );
    const { core, account } = world;
    await setPace(core, SANDBOX_NUMBER, 10_000);
    await sql`update accounts set limits = limits || '{"messages_per_minute": 1000000}'`.execute(core.db);
    await addCarrier(core, {
      ...{ name: 'bench', kind: 'smpp', segmentsPerSecond: 10_000, actor: 'bench' },
      settings: { host: '127.0.0.1', port: smsc.port, systemId: 'sidetone', window: WINDOW },
      secrets: { password: 'secret' },
    });
    const since = performance.now();
    const texts = Array.from({ length: QUEUED }, (_, index) => ({
      ...{ mode: 'live' as const, to: `+1212${String(2_000_000 + index).padStart(7, '0')}` },
    }));
    await queueTexts(core, account.id, texts);
    console.log(`queued: ${perSecond(QUEUED, since)}`);
    const begun = performance.now();
    await until(async () => (await count(`status in ('queued', 'sending')`)) === 0);
    console.log(
      `from the queue to the answer, window ${WINDOW}: ${perSecond(QUEUED, begun)} (${smsc.taken.length} taken)`,
    );
    await until(async () => (await count(`status <> 'delivered'`)) === 0);
    console.log(`until their receipts were written, too: ${perSecond(QUEUED, begun)}`);
    await world.close();

    async function count(where: string): Promise<number> {
      const { rows } = await sql<{
        n: number;
      }>`select count(*)::int as n from messages where ${sql.raw(where)}`.execute(core.db);
      return rows[0]?.n ?? 0;
    }
  } finally {
    await smsc.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 200));
}
