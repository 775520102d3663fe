import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificateOne, certificateTwo } from './certificates.js';
import { createHttpWorld, thingDoor, type HttpWorld } from './http-world.js';

let world: HttpWorld;
let folder: string;
let tls: { certFile: string; keyFile: string };

beforeAll(async () => {
  world = await createHttpWorld();
  folder = mkdtempSync(join(tmpdir(), 'sidetone-tls-'));
  tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

function install({ cert, key }: { cert: string; key: string }): void {
  writeFileSync(tls.certFile, cert);
  writeFileSync(tls.keyFile, key);
}

/** Asks over a connection of its own; resolves to the name in the certificate shown. */
function nameShown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false, agent: false });
    asked.on('response', (reply) => {
      const { CN } = (reply.socket as TLSSocket).getPeerCertificate().subject;
      reply.resume().on('end', () => resolve(`${reply.statusCode} ${String(CN)}`));
    });
    asked.on('error', reject).end();
  });
}

it('serves TLS, takes a new certificate within a minute, and keeps the old one when the new one is broken', async () => {
  install(certificateOne);
  const server = await world.serve({ http: { tls } });
  const { port } = await server.listen();
  expect(await nameShown(port)).toBe('200 one.test');

  install({ cert: certificateTwo.cert, key: certificateOne.key });
  world.clock.advance(60_000);
  expect(await nameShown(port)).toBe('200 one.test');
  expect(world.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);

  install(certificateTwo);
  world.clock.advance(60_000);
  expect(await nameShown(port)).toBe('200 two.test');
});

it.each([
  ['a file that is not there', () => rmSync(tls.certFile), /^SIDETONE_TLS_CERT: cannot read /],
  [
    'a key of another certificate',
    () => install({ ...certificateOne, key: certificateTwo.key }),
    /^SIDETONE_TLS_CERT: .* are not a certificate and its key/,
  ],
])('does not start with %s', async (_name, spoil, message) => {
  install(certificateOne);
  spoil();
  await expect(world.serve({ http: { tls } })).rejects.toThrow(message);
});

it('believes the addresses that trusted proxies give, and no others', async () => {
  const seen: string[] = [];
  const door = thingDoor();
  const routes: typeof door.routes = (table) =>
    table.get('/address', {
      id: 'address',
      summary: 'Who asks',
      async handle({ request: { ip, protocol } }) {
        seen.push(`${protocol} ${ip}`);
        return {};
      },
    });
  const server = await world.serve({ doors: [{ ...door, routes }], http: { trustedProxies: ['10.0.0.0/8'] } });
  const key = await world.key();
  for (const remoteAddress of ['10.1.2.3', '192.0.2.1']) {
    const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };
    await server.app.inject({ url: '/api/things/v1/address', remoteAddress, headers });
  }
  expect(seen).toEqual(['https 203.0.113.9', 'http 192.0.2.1']);
});
