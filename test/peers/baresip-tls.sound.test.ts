import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { EngineEvent } from '#voice/engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';
import { Watch } from '../phones/watch.js';
import { certificateOne } from '../wire/certificates.js';
import { openBaresip } from './baresip.js';
import { describeWithPeer } from './real-peer.js';

const HOST = '127.0.0.1';
type Kind = EngineEvent['kind'];
type EventOf<K extends Kind> = Extract<EngineEvent, { kind: K }>;

const open: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

describeWithPeer('baresip', 'a softphone over TLS', () => {
  test('registers, is called, and calls', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sidetone-tls-'));
    open.push({ close: () => rmSync(folder, { recursive: true }) });
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, certificateOne.cert);
    writeFileSync(key, certificateOne.key);
    const { engine, tlsPort = 0 } = await startSipEngine({
      host: HOST,
      port: 0,
      mediaWorkers: 1,
      tls: { port: 0, cert, key },
    });
    open.push(engine);
    const events: EngineEvent[] = [];
    const watch = new Watch();
    engine.on((event) => {
      events.push(event);
      watch.changed();
    });
    const event = <K extends Kind>(kind: K, leg?: string): Promise<EventOf<K>> =>
      watch.until(
        kind,
        () =>
          events.find((e): e is EventOf<K> => e.kind === kind && (leg === undefined || ('leg' in e && e.leg === leg))),
        () => JSON.stringify(events.filter(({ kind }) => kind !== 'load')),
      );
    engine.send({ kind: 'configure', trunks: [], phones: [{ id: 'desk', name: '101', password: 'secret' }] });

    const baresip = await openBaresip({
      user: '101',
      password: 'secret',
      transport: 'tls',
      ca: certificateOne.cert,
      registrar: { host: HOST, port: tlsPort },
      autoAnswer: true,
    });
    open.push(baresip);
    expect((await baresip.registration()).type).toBe('REGISTER_OK');
    expect((await event('registration')).contacts).toMatchObject([{ transport: 'tls', address: HOST }]);

    const to = { kind: 'phone', phone: 'desk', number: '' } as const;
    engine.send({ kind: 'dial', leg: 'out', to, from: { number: '102' }, ringTimeoutMs: 20_000 });
    await baresip.established();
    await event('leg.answered', 'out');
    engine.send({ kind: 'hangup', leg: 'out' });
    expect(await event('leg.ended', 'out')).toMatchObject({ cause: 'hangup', by: 'us' });
    await baresip.ended();

    // It adds its transport itself.
    await baresip.dial(`sip:102@${HOST}:${tlsPort}`);
    const incoming = await event('leg.incoming');
    expect(incoming).toMatchObject({ origin: { kind: 'phone', phone: 'desk' }, from: '101', to: '102' });
    engine.send({ kind: 'answer', leg: incoming.leg });
    await baresip.established();
    await event('leg.answered', incoming.leg);
    await baresip.hangup();
    expect(await event('leg.ended', incoming.leg)).toMatchObject({ cause: 'hangup', by: 'them' });
  });
});
