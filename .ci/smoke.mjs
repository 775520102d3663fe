// What the README promises, done in a copy of this folder with nothing but npm: install, start, first call, stop.
// Prints "ok    …" or "FAIL  …" per step. Every command must stand in the README word for word (ports apart).
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'sidetone-smoke-'));
const copy = join(scratch, 'sidetone');

const STEP_MS = 300_000;
const STOP_MS = 60_000;
const LOOK_EVERY_MS = 200;

/** The operator's own settings stay out; ports are any free ones. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(SIDETONE_|DATABASE_URL$|npm_)/.test(name)),
);
Object.assign(environment, { SIDETONE_PORT: '0', SIDETONE_SIP_PORT: '0', SIDETONE_RTP_PORTS: '0' });

let failures = 0;
const running = new Set();

async function step(name, work) {
  try {
    await work();
    console.log(`ok    ${name}`);
    return true;
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

function launch(program, args) {
  const child = spawn(program, args, { cwd: copy, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, stdout: '', stderr: '', code: undefined };
  child.stdout.on('data', (data) => (run.stdout += data));
  child.stderr.on('data', (data) => (run.stderr += data));
  running.add(run);
  run.ended = new Promise((resolve) => {
    const end = (code) => {
      run.code = code;
      running.delete(run);
      resolve(run);
    };
    child.on('error', (error) => {
      run.stderr += error.message;
      end(127);
    });
    child.on('close', (code, signal) => end(code ?? signal));
  });
  return run;
}

/** Runs a line of shell to its end. */
async function shell(line) {
  const run = launch('bash', ['-c', line]);
  const late = setTimeout(() => run.child.kill('SIGKILL'), STEP_MS);
  await run.ended;
  clearTimeout(late);
  return run;
}

async function succeeds(line) {
  const run = await shell(line);
  expect(run.code === 0, `"${line}" ended with ${run.code}: ${run.stderr.trim() || run.stdout.trim()}`);
  return run;
}

/** A command of the README. */
function promised(line) {
  expect(readme.includes(line), `the README does not have the command "${line}"`);
  return succeeds(line);
}

async function until(what, look, withinMs = STEP_MS) {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    expect(Date.now() < end, `${what}: not within ${withinMs / 1000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** `npm start` until it is ready: its process, its text, and its address. */
async function start() {
  const server = launch('npm', ['start']);
  const url = await until('the server says where it is', () => {
    expect(server.code === undefined, `npm start ended with ${server.code}: ${server.stderr}${server.stdout}`);
    return existsSync(join(copy, 'data', 'running.json')) && /^ {2}API +(http\S+)$/m.exec(server.stdout)?.[1];
  });
  await until('/readyz is ready', async () => {
    const { stdout } = await shell(`curl -s ${url}/readyz`);
    return stdout.startsWith('{"status":"ready"');
  });
  return { server, url };
}

/** The process ids whose command line names the scratch folder. */
function processesInCopy() {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(basename(scratch));
      } catch {
        return false;
      }
    });
}

async function stops(server, signal) {
  server.child.kill(signal);
  await Promise.race([server.ended, sleep(STOP_MS, undefined, { ref: false })]);
  expect(server.code === 0, `npm start ended with ${server.code ?? 'nothing yet'} after ${signal}: ${server.stdout}`);
  const left = processesInCopy();
  expect(left.length === 0, `still running: ${left.join(', ')}`);
  expect(!existsSync(join(copy, 'data', 'running.json')), 'data/running.json is still there');
}

/** The curl lines that the first start prints, each as one line of shell. */
function printedCurls(text) {
  return text
    .replace(/ \\\n */g, ' ')
    .split('\n')
    .filter((line) => line.startsWith('curl '));
}

async function main() {
  cpSync(root, copy, {
    recursive: true,
    filter: (path) => dirname(path) !== root || !['node_modules', 'dist', 'data', '.git'].includes(basename(path)),
  });
  const installed = await step('npm ci', async () => {
    expect(readme.includes('npm ci && npm start'), 'the README does not say "npm ci && npm start"');
    expect(readme.includes('npm ci && npm test'), 'the README does not say "npm ci && npm test"');
    await succeeds('npm ci');
  });
  if (!installed) return;
  await step('npx sidetone --help', async () => {
    const { stdout } = await promised('npx sidetone --help');
    expect(stdout.includes('Usage: sidetone'), stdout);
  });

  let server;
  let url = '';
  const started = await step('npm start, ready', async () => ({ server, url } = await start()));
  if (!started) return;

  await step('the printed lines of curl: a call on the simulated network presses 1', async () => {
    const [place, look, ...more] = printedCurls(server.stdout);
    expect(place !== undefined && look !== undefined && more.length === 5, `not seven lines of curl: ${server.stdout}`);
    const placed = JSON.parse((await succeeds(place)).stdout);
    expect(Object.keys(placed).join() === 'call_id,status,to,created_at', JSON.stringify(placed));
    const call = await until('the call ends', async () => {
      const [latest] = JSON.parse((await succeeds(look)).stdout).calls;
      return latest.completed_at !== null && latest;
    });
    expect(call.call_id === placed.call_id && call.status === 'completed', JSON.stringify(call));
    expect(call.dtmf_response === '1' && call.live === false, JSON.stringify(call));
  });
  await step('the printed lines of curl: a code is asked for and verified', async () => {
    const [ask, verify] = printedCurls(server.stdout).slice(2, 4);
    const asked = JSON.parse((await succeeds(ask)).stdout);
    expect(
      asked.object === 'otp' && asked.simulated === true && asked.sandbox_code === '000000',
      JSON.stringify(asked),
    );
    const checked = JSON.parse((await succeeds(verify)).stdout);
    expect(checked.status === 'verified' && checked.verified === true, JSON.stringify(checked));
  });
  await step('the printed lines of curl: a text is delivered', async () => {
    const [send, look] = printedCurls(server.stdout).slice(4, 6);
    const sent = JSON.parse((await succeeds(send)).stdout);
    expect(sent.status === 'queued' && sent.segments === 1, JSON.stringify(sent));
    await until('the text is delivered', async () => {
      const [latest] = JSON.parse((await succeeds(look)).stdout).messages;
      expect(latest.sms_id === sent.sms_id, JSON.stringify(latest));
      return latest.status === 'delivered';
    });
  });
  await step('the printed lines of curl: the demo shop is recommended', async () => {
    const [join] = printedCurls(server.stdout).slice(6);
    const { ok, result } = JSON.parse((await succeeds(join)).stdout);
    expect(ok === true && result.origin.type === 'AffiliateMember', JSON.stringify(result));
    expect(result.offer.claim_url.startsWith(`${url}/`), JSON.stringify(result));
  });
  await step('curl /v1/numbers, as the Verify API is asked', async () => {
    const [key] = /\S+$/.exec(/^ +test key.*$/m.exec(server.stdout)?.[0] ?? '') ?? [];
    const { stdout } = await succeeds(`curl ${url}/v1/numbers -H "Authorization: Bearer ${key}"`);
    const { object, data } = JSON.parse(stdout);
    expect(object === 'list' && data[0]?.telnum === '+15005550100', stdout);
  });
  await step('/docs', async () => {
    expect((await succeeds(`curl -sfL ${url}/docs`)).stdout.includes('<html'), 'no page');
    expect(
      '/api/v1/calls' in JSON.parse((await succeeds(`curl -sf ${url}/docs/outreach.json`)).stdout).paths,
      'no paths',
    );
  });
  await step('npx sidetone doctor', async () => {
    await promised('npx sidetone doctor');
    const { stdout } = await succeeds('npx sidetone doctor --json');
    const checks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      checks.every(({ status }) => status !== 'fail'),
      stdout,
    );
    expect(checks.find(({ name }) => name === 'loopback call')?.status === 'ok', stdout);
  });
  await step('npx sidetone phones add', async () => {
    await promised("npx sidetone phones add 101 --password 'choose-a-long-one' --number +15005550199");
    expect((await succeeds('npx sidetone phones list --json')).stdout.includes('"101"'), 'the phone is not listed');
  });
  await step('npx sidetone call, to a phone that is not registered yet', async () => {
    const line = "npx sidetone call +15005550199 --from +15005550100 --say 'Hello from Sidetone.'";
    expect(readme.includes(line), `the README does not have the command "${line}"`);
    const run = await shell(line);
    expect(
      run.code === 1 && `${run.stdout}${run.stderr}`.includes('not registered'),
      `${run.code} ${run.stdout}${run.stderr}`,
    );
  });

  await step('SIGTERM: exit code 0 and nothing left', () => stops(server, 'SIGTERM'));
  await step('a later start prints no keys; Ctrl-C ends it', async () => {
    const again = await start();
    expect(!/st_live_|st_test_|whsec_/.test(again.server.stdout), again.server.stdout);
    await stops(again.server, 'SIGINT');
  });
  await step('npm ci --omit=dev says that it cannot build', async () => {
    const { stdout, stderr } = await succeeds('npm ci --omit=dev --foreground-scripts');
    expect(`${stdout}${stderr}`.includes('the TypeScript compiler is not installed'), `${stdout}${stderr}`);
  });
}

/** Ends what this script started, by process id: on the way out, also after a failure. */
function endAll() {
  try {
    process.kill(JSON.parse(readFileSync(join(copy, 'data', 'running.json'), 'utf8')).pid, 'SIGKILL');
  } catch {
    // No server runs.
  }
  for (const { child } of running) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    endAll();
    process.exit(1);
  });
}
try {
  await main();
} catch (error) {
  failures += 1;
  console.log(`FAIL  ${error instanceof Error ? error.message : error}`);
} finally {
  endAll();
}
process.exit(failures === 0 ? 0 : 1);
