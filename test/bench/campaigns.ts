/**
 * Campaigns: recipients of an upload per second and the memory that takes; what it costs to pick and hand out a hundred
 * of 10,000, 100,000 and 1,000,000; set-ups per second; and one-time codes beside a campaign that fills its trunk.
 * `SIZE=10000` stops at that many. Prints figures, never judges them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { request } from 'undici';
import { createKey, setLimit } from '#core/accounts/index.js';
import { createCampaign, type NewCampaign } from '#core/campaigns/index.js';
import { feedCampaign } from '#core/campaigns/feed-campaign.js';
import { addNumber, SANDBOX_NUMBER } from '#core/numbers/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { setPolicy } from '#core/verifications/index.js';
import { openBenchApp, passed } from './bench-app.js';
import type { OtpFigures, OtpRun } from './otp-client.js';

const HOST = '127.0.0.1';
const SIZE = Number(process.env['SIZE'] ?? 1_000_000);
const SIZES = [10_000, 100_000, 1_000_000].filter((size) => size <= SIZE);
const FROM = '+18005550199';
const MB = 2 ** 20;
/** Twenty a second are handed out five seconds ahead: a hundred. */
const HANDED_OUT = 100;
const PACE_FOR_THAT = 20;
const ROUNDS = 10;
const SET_UPS = Math.min(2000, SIZE / 5);
const OTP_MS = 5000;
const CHANNELS = 50;
const LONG_MESSAGE = 'This is a long message. '.repeat(150);

const client = fork(fileURLToPath(new URL('./otp-client.js', import.meta.url)));
const [port] = (await once(client, 'message')) as [number];
const bench = await openBenchApp();
const { core, keyRing } = bench.app.platform;
try {
  const [account] = await bench.accounts(1);
  const accountId = account!.id;
  await upload(account!.testKey);
  await dispatch(accountId);
  await addNumber(core, { accountId, mode: 'live', number: FROM, actor: 'bench' });
  await setUps(accountId);
  await codes(accountId);
} finally {
  client.kill();
  await bench.close();
}

async function upload(key: string): Promise<void> {
  const ask = async (method: 'GET' | 'POST', path: string, type?: string, body?: string | Readable) => {
    const reply = await request(`${bench.app.urls.http}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    return (await reply.body.json()) as Record<string, unknown>;
  };
  await passed(1000);
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
  const began = performance.now();
  const { upload_id } = await ask('POST', '/uploads', 'text/csv', Readable.from(people(SIZE)));
  const handedIn = performance.now();
  const body = {
    name: 'Upload',
    purpose: 'transactional',
    from: SANDBOX_NUMBER,
    message: 'Hello {NAME}.',
    start: false,
  };
  const made = await ask('POST', '/campaigns', 'application/json', JSON.stringify({ ...body, upload_id }));
  let campaign: Record<string, unknown>;
  do {
    await passed(500);
    campaign = await ask('GET', `/campaigns/${String(made['campaign_id'])}`);
  } while (campaign['loading'] === true);
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `upload: ${String(campaign['total'])} recipients in ${seconds.toFixed(0)} s (${((handedIn - began) / 1000).toFixed(0)} s ` +
      `to hand in): ${(SIZE / seconds).toFixed(0)} a second; memory ${(before / MB).toFixed(0)} MB before, at most ` +
      `${(most / MB).toFixed(0)} MB`,
  );
}

function* people(rows: number): Generator<string> {
  yield 'phone,NAME\n';
  for (let index = 0; index < rows; index++) yield `+1${2_120_000_000 + index},Person ${index}\n`;
}

async function dispatch(accountId: string): Promise<void> {
  await limit(accountId, PACE_FOR_THAT);
  console.log(`dispatch of ${HANDED_OUT}: waiting   handed out   p50        longest    by the index`);
  for (const size of SIZES) {
    const { campaign } = await createCampaign(core, { ...planOf(accountId, 'test', SANDBOX_NUMBER), start: false });
    await sql`
      insert into campaign_recipients (campaign_id, position, phone, status, due_at)
      select ${campaign.id}, n, '+1' || (3120000000 + n), 'waiting', now() - interval '1 hour'
      from generate_series(2, ${size}::integer) n`.execute(core.db);
    await sql`analyze campaign_recipients`.execute(core.db);
    const row = await core.db
      .selectFrom('campaigns')
      .selectAll()
      .where('id', '=', campaign.id)
      .executeTakeFirstOrThrow();
    const running = { ...row, status: 'running' as const, started_at: row.created_at, moved_at: row.created_at };
    const times: number[] = [];
    let handedOut = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const tx = await core.db.startTransaction().execute();
      const began = performance.now();
      await feedCampaign(core, tx, running);
      times.push(performance.now() - began);
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from calls where campaign_id = ${campaign.id}`.execute(tx);
      handedOut = rows[0]?.n ?? 0;
      // Nobody is called: the next round finds the same.
      await tx.rollback().execute();
    }
    const { rows: plan } = await sql<Record<string, string>>`
      explain select position from campaign_recipients
      where campaign_id = ${campaign.id} and status = 'waiting' and due_at <= now()
      order by due_at, position limit 220 for update skip locked`.execute(core.db);
    const isByIndex = plan.some((line) => Object.values(line).join().includes('campaign_recipients_due'));
    times.sort((a, b) => a - b);
    console.log(
      `${String(size).padStart(24)} ${String(handedOut).padStart(12)} ${ms(times[ROUNDS / 2])} ${ms(times.at(-1))}    ${isByIndex ? 'yes' : 'no'}`,
    );
    await core.db.deleteFrom('campaigns').where('id', '=', campaign.id).execute();
  }
}

/** To numbers that ring and are busy at once. */
async function setUps(accountId: string): Promise<void> {
  await limit(accountId, 1000);
  await addTrunk(core, {
    ...{ name: 'busy', uri: `sip:${HOST}:${port}`, prefixes: ['+1555'], channels: 1000, callsPerSecond: 1000 },
    ...{ sipHost: HOST, actor: 'bench' },
  });
  const contacts = Array.from({ length: SET_UPS }, (_, n) => ({ phone: `+1555${String(2_000_000 + n)}` }));
  const plan = { ...planOf(accountId, 'live', FROM), contacts, content: { message: 'Hello.' } };
  const { campaign } = await createCampaign(core, plan);
  const status = async () =>
    (await core.db.selectFrom('campaigns').select('status').where('id', '=', campaign.id).executeTakeFirstOrThrow())
      .status;
  for (let looks = 0; (await status()) !== 'completed' && looks < 300; looks++) await passed(200);
  const { rows } = await sql<{ n: number; seconds: number }>`
    select count(*)::int as n, extract(epoch from max(ended_at) - min(dialing_at))::float as seconds
    from calls where campaign_id = ${campaign.id} and ended_at is not null`.execute(core.db);
  const { n = 0, seconds = NaN } = rows[0] ?? {};
  console.log(
    `set-ups: ${n} calls of a campaign, busy at once, in ${seconds.toFixed(1)} s: ${(n / seconds).toFixed(0)} a second`,
  );
}

async function codes(accountId: string): Promise<void> {
  await setLimit(
    { ...core, keyRing },
    { accountId, name: 'verify_requests_per_minute', value: 100_000, actor: 'bench' },
  );
  await setPolicy(core, { accountId, name: 'max_unverified_ratio', value: '1', actor: 'bench' });
  const { secret } = await createKey(core, { accountId, mode: 'live', actor: 'bench' });
  const measure = async (what: string): Promise<void> => {
    client.send({ url: bench.app.urls.http, key: secret, concurrency: 1, ms: OTP_MS } satisfies OtpRun);
    const [{ accepted, refused, refusal, inviteMs }] = (await once(client, 'message')) as [OtpFigures];
    const at = (part: number) => ms(inviteMs[Math.floor(inviteMs.length * part)]);
    console.log(
      `codes ${what}: ${accepted} accepted, to the INVITE p50 ${at(0.5)}, p99 ${at(0.99)}; refused ${refused} ${refusal.slice(0, 120)}`,
    );
  };
  await sql`update trunks set channels = ${CHANNELS}, prefixes = '{}' where name = 'busy'`.execute(core.db);
  // The first call speaks the digits for all others.
  client.send({ url: bench.app.urls.http, key: secret, concurrency: 1, ms: 1000 } satisfies OtpRun);
  await once(client, 'message');
  await measure('with an idle trunk');
  const contacts = Array.from({ length: 1000 }, (_, n) => ({ phone: `+1777${String(2_000_000 + n)}` }));
  const content = { message: LONG_MESSAGE, machine: { detect: false } };
  await createCampaign(core, { ...planOf(accountId, 'live', FROM), contacts, content });
  const talking = async (): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from calls where status = 'answered'`.execute(
      core.db,
    );
    return rows[0]?.n ?? 0;
  };
  // A fifth of the channels is not for campaigns.
  for (let looks = 0; (await talking()) < CHANNELS * 0.8 && looks < 150; looks++) await passed(200);
  await measure(`while ${await talking()} calls of a campaign hold all channels that it may have`);
}

function planOf(accountId: string, mode: 'live' | 'test', sender: string): NewCampaign {
  return {
    ...{
      accountId,
      mode,
      name: 'Bench',
      channel: 'voice',
      purpose: 'transactional',
      senders: [sender],
      dialect: 'bench',
    },
    ...{ content: { message: 'Hello.' }, contacts: [{ phone: '+12125550100' }] },
  };
}

async function limit(accountId: string, callsPerSecond: number): Promise<void> {
  await setLimit({ ...core, keyRing }, { accountId, name: 'calls_per_second', value: callsPerSecond, actor: 'bench' });
}

function ms(value = NaN): string {
  return `${value.toFixed(1)} ms`.padStart(10);
}
