/**
 * One-time codes: requests accepted per second, and the time from a request to the INVITE on the wire, on a server with
 * nothing else to do and while 200 other calls are up. Prints figures, never judges them.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { createKey, setLimit } from '#core/accounts/index.js';
import { placeCall } from '#core/calls/index.js';
import { addNumber } from '#core/numbers/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { setPolicy } from '#core/verifications/index.js';
import { openBenchApp, passed } from './bench-app.js';
import type { OtpFigures, OtpRun } from './otp-client.js';

const HOST = '127.0.0.1';
const FROM = '+18005550199';
const OTHER_CALLS = 200;
const WIDE = { channels: 1000, callsPerSecond: 1000 } as const;
const STEPS = [1, 10, 50];
const MEASURE_MS = 5000;

async function bench(): Promise<void> {
  const [client, phone] = [forked('./otp-client.js'), forked('./answering-phone.js')];
  const bench = await openBenchApp();
  try {
    const { core, keyRing } = bench.app.platform;
    const [account] = await bench.accounts(1);
    if (account === undefined) throw new Error('no account');
    const accountId = account.id;
    await setLimit(
      { ...core, keyRing },
      { accountId, name: 'verify_requests_per_minute', value: 100_000, actor: 'bench' },
    );
    await addNumber(core, { accountId, mode: 'live', number: FROM, actor: 'bench' });
    const { secret } = await createKey(core, { accountId, mode: 'live', actor: 'bench' });
    // Nobody types the codes of a bench.
    await setPolicy(core, { accountId, name: 'max_unverified_ratio', value: '1', actor: 'bench' });
    const [carrierPort] = (await once(client, 'message')) as [number];
    const [phonePort] = (await once(phone, 'message')) as [number];
    const trunk = { ...WIDE, sipHost: HOST, actor: 'bench' };
    await addTrunk(core, { ...trunk, name: 'codes', uri: `sip:${HOST}:${carrierPort}`, prefixes: ['+1555'] });
    await addTrunk(core, { ...trunk, name: 'others', uri: `sip:${HOST}:${phonePort}`, prefixes: ['+1777'] });

    console.log('other calls   at once   accepted/s   refused   to the INVITE: p50      p99');
    const measure = async (others: number): Promise<void> => {
      for (const concurrency of STEPS) {
        const asked: OtpRun = { url: bench.app.urls.http, key: secret, concurrency, ms: MEASURE_MS };
        client.send(asked);
        const [figures] = (await once(client, 'message')) as [OtpFigures];
        print(others, concurrency, figures);
      }
    };
    // The first call speaks the digits for all others.
    client.send({ url: bench.app.urls.http, key: secret, concurrency: 1, ms: 1000 } satisfies OtpRun);
    await once(client, 'message');
    await measure(0);
    for (let n = 0; n < OTHER_CALLS; n++) {
      await placeCall(core, {
        ...{ accountId, mode: 'live', to: `+1777${String(2_000_000 + n)}`, from: FROM, dialect: 'bench' },
        ...{ message: 'This is a long message. '.repeat(150), machine: { detect: false } },
      });
    }
    const answered = async (): Promise<number> => {
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from calls where status = 'answered'`.execute(core.db);
      return rows[0]?.n ?? 0;
    };
    for (let looks = 0; (await answered()) < OTHER_CALLS && looks < 100; looks++) await passed(200);
    await measure(await answered());
  } finally {
    client.kill();
    phone.kill();
    await bench.close();
  }
}

function forked(file: string): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)));
}

function print(
  others: number,
  concurrency: number,
  { accepted, refused, refusal, seconds, inviteMs }: OtpFigures,
): void {
  const quantile = (part: number): string => `${(inviteMs[Math.floor(inviteMs.length * part)] ?? NaN).toFixed(1)} ms`;
  console.log(
    [
      `${others}`.padStart(11),
      `${concurrency}`.padStart(9),
      (accepted / seconds).toFixed(0).padStart(12),
      `${refused}`.padStart(9),
      quantile(0.5).padStart(20),
      quantile(0.99).padStart(12),
      ...(refused > 0 ? [`  ${refusal.slice(0, 120)}`] : []),
    ].join(''),
  );
}

await bench();
