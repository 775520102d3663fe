/**
 * A file of a million contacts through HTTP into the address book, and out again as an export: rows per second, and the
 * most memory that the server's process has on the way. `node dist/test/bench/imports.js ROWS` takes another number.
 * Prints figures, never judges them.
 */
import { Readable } from 'node:stream';
import { performance } from 'node:perf_hooks';
import { request } from 'undici';
import { openBenchApp, passed } from './bench-app.js';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const LOOK_MS = 200;
const MB = 2 ** 20;

const bench = await openBenchApp();
let most = 0;
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
try {
  const [account] = await bench.accounts(1);
  const url = bench.app.urls.http;
  const ask = async (method: 'GET' | 'POST', path: string, type?: string, body?: string | Readable) => {
    const reply = await request(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${account!.testKey}`, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
    return reply.body;
  };
  const asked = async (...asking: Parameters<typeof ask>) =>
    (await (await ask(...asking)).json()) as Record<string, unknown>;

  await passed(1_000);
  const before = process.memoryUsage.rss();
  most = before;
  const began = performance.now();
  const upload = await asked('POST', '/uploads', 'text/csv', Readable.from(people(ROWS)));
  const uploaded = performance.now();
  const { list_id } = await asked('POST', '/lists', 'application/json', JSON.stringify({ name: 'Everybody' }));
  const options = { tags: ['bench'], list_id, consent: { sms: { basis: 'bench' } } };
  const body = JSON.stringify({ upload_id: upload['upload_id'], ...options });
  const { import_id: id } = await asked('POST', '/contacts/import', 'application/json', body);
  let job: Record<string, unknown>;
  let staged = 0;
  do {
    await passed(LOOK_MS);
    job = await asked('GET', `/imports/${String(id)}`);
    if (staged === 0 && (job['rows'] as { read: number }).read === ROWS) staged = performance.now();
  } while (job['status'] === 'queued' || job['status'] === 'running');
  const ended = performance.now();
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  console.log(
    `${String(job['status'])} ${JSON.stringify(job['rows'])}: ${(Number(upload['bytes']) / 1e6).toFixed(0)} MB handed in in ` +
      `${seconds(uploaded - began)} s, read in ${seconds((staged || ended) - uploaded)} s, applied in ` +
      `${seconds(ended - (staged || ended))} s: ${(ROWS / ((ended - began) / 1000)).toFixed(0)} rows per second`,
  );
  console.log(`memory: ${(before / MB).toFixed(0)} MB before, at most ${(most / MB).toFixed(0)} MB on the way`);

  const exporting = performance.now();
  let bytes = 0;
  for await (const chunk of await ask('GET', '/contacts/export')) bytes += (chunk as Buffer).length;
  const took = performance.now() - exporting;
  console.log(
    `export: ${(bytes / 1e6).toFixed(0)} MB in ${seconds(took)} s, at most ${(most / MB).toFixed(0)} MB of memory`,
  );

  for (const query of ['search=nobody-is-called-so', 'search=Person%20777777', 'tag=bench', 'phone=%2B12000000500']) {
    const looking = performance.now();
    await asked('GET', `/contacts?limit=50&${query}`);
    console.log(`GET /contacts?${query}: ${(performance.now() - looking).toFixed(0)} ms`);
  }
} finally {
  clearInterval(watch);
  await bench.close();
}

function* people(rows: number): Generator<string> {
  yield 'phone,first_name,last_name,email,external_id,time_zone,Size\n';
  for (let index = 0; index < rows; index++) {
    yield `+1${2_000_000_000 + index},Person ${index},Example,person${index}@example.org,crm-${index},America/New_York,${index % 50}\n`;
  }
}
