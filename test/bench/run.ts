/**
 * `npm run bench` runs all benches one after the other, `npm run bench -- accepts starts` those. Each is a process of
 * its own that prints figures and asserts nothing; docs/benchmarks.md says what they mean.
 */
import { spawn } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const BENCHES = {
  'media-legs': 'playing legs on one media worker, their timing and memory',
  'media-rooms': 'bridged legs and a conference of 100 on one media worker',
  'sip-setups': 'SIP set-ups with RTP (prototype: 1,500 a second on one core)',
  'sip-soak': 'what 50,000 calls of the phone engine leave behind (aim: nothing)',
  inbound: 'calls that come in, through hours, menu, key and group until somebody has answered, a second',
  accepts: 'durable POST /api/v1/calls beside the same without the write (aim: half)',
  otp: 'POST /v1/otp and the time to its INVITE, alone and with 200 other calls',
  deliveries: 'webhook deliveries',
  origins: 'purchases by new people, each with an offer, a second: one by one and as a batch of 10,000',
  matching:
    'a purchase that finds its advocate with a million origins there, by each way (SIDETONE_BENCH_ORIGINS: another number)',
  'coupon-claims': 'codes of one list that many ask for at once, a second (aim: none given twice)',
  imports: 'a file of a million contacts in and out: rows per second, memory',
  ledger: '10,000 live uses with processes killed among them (aim: a difference of 0)',
  messages: 'a claim of texts with 10,000, 100,000 and 1,000,000 in the queue (aim: the same)',
  'smpp-segments': 'segments a second over SMPP on loopback: the adapter alone, and from the queue to the answer',
  'smpp-storm': '100,000 texts over SMPP with servers killed among them (aim: none doubled, none lost)',
  campaigns: 'a million recipients by upload, what dispatch costs, set-ups, one-time codes beside a full trunk',
  'call-history':
    'a page of the history with ten million calls, by what is asked for (SIDETONE_BENCH_CALLS: another number)',
  'campaign-calls':
    '2,000 calls of a campaign to sipp with servers killed among them (aim: the same figures on both sides)',
  'routing-change': 'a change of where calls lead with 5,000 extensions, and what a call pays to read it',
  starts: 'cold and warm start, memory of an idle server',
  memory: 'memory after 10,000 simulated calls, or as many as fit into a minute',
} as const;
/** A bench that is not done by then is stopped; all together take about six minutes. */
const LONGEST_MS = 180_000;
/** But for these. */
const LONGER_MS: Partial<Record<string, number>> = {
  ledger: 1_800_000,
  'smpp-storm': 3_600_000,
  imports: 600_000,
  matching: 900_000,
  campaigns: 420_000,
  'campaign-calls': 600_000,
  'call-history': 1_800_000,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 1;
} else {
  console.log(
    `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ` +
      `${(totalmem() / 2 ** 30).toFixed(0)} GB, ${new Date().toISOString().slice(0, 10)}`,
  );
  for (const [name, what] of Object.entries(BENCHES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.log(`\n== ${name}: ${what}; load average ${loadavg()[0]?.toFixed(1)}`);
    await run(name);
  }
}

function run(name: string): Promise<void> {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: 'inherit' });
  const longestMs = LONGER_MS[name] ?? LONGEST_MS;
  const timer = setTimeout(() => {
    console.log(`${name} took longer than ${longestMs / 1000} s and was stopped`);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  }, longestMs);
  return new Promise((resolve) =>
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (code !== 0) console.log(`${name} ended with ${code ?? 'a signal'}`);
      resolve();
    }),
  );
}
