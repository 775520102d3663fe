import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeWav } from '#storage/recording-files.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

const SECONDS = 3;

/** A web server of the customer's: a sound file, a page that is none, and nothing else. */
describe('a call that plays a file', () => {
  let world: World;
  let files: Server;
  let url: string;

  beforeEach(async () => {
    world = await openWorld();
    const wav = encodeWav(Int16Array.from({ length: SECONDS * 8000 }, (_, at) => 8000 * Math.sin(at / 4)));
    files = createServer((request, response) => {
      if (request.url === '/hello.wav') response.end(wav);
      else if (request.url === '/page.wav') response.end('<html>not here</html>');
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    expect(await world.violations()).toEqual([]);
    await world.close();
    await new Promise((resolve) => files.close(resolve));
  });

  async function callWith(file: string): Promise<Record<string, unknown>> {
    const body = { to: '+12125550100', from: SANDBOX_NUMBER, audio_url: url + file, amd: { enabled: false } };
    const placed = await world.request('POST', '/api/v1/calls', { body });
    expect(placed.status, JSON.stringify(placed.body)).toBe(201);
    const look = async () => (await world.request('GET', `/api/v1/calls/${String(placed.body['call_id'])}`)).body;
    await world.runUntil('the end of the call', async () => (await look())['completed_at'] !== null);
    return look();
  }

  test('plays it once, as long as it is, and hangs up', async () => {
    expect(await callWith('/hello.wav')).toMatchObject({ status: 'completed', duration_seconds: SECONDS, attempts: 1 });
  });

  test.each([
    ['/gone.wav', 'the server answered 404'],
    ['/page.wav', 'HTML'],
  ])('ends undialled when %s cannot be played, and says why', async (file, why) => {
    const call = await callWith(file);
    expect(call).toMatchObject({ status: 'failed', error: { code: 'audio_unavailable' }, attempts: 0 });
    expect(call['sip_reason']).toContain(why);
  });
});
