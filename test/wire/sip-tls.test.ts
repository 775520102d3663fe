/** SIP over TLS on real sockets: certificates, their names, connections used again, limits. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import type { TrunkConfig } from '#voice/engine.js';
import { createResponse } from '#voice/sip/create-response.js';
import { Dns } from '#voice/sip/dns.js';
import { Headers, type SipMessage, type SipRequest } from '#voice/sip/message.js';
import { resolveUri } from '#voice/sip/resolve.js';
import { ScriptedMedia } from '#voice/sip/scripted-media.fixture.js';
import { SipEngine } from '#voice/sip/sip-engine.js';
import { TransactionLayer } from '#voice/sip/transaction-layer.js';
import type { Peer, TlsTarget } from '#voice/sip/transport.js';
import { Transports, type TransportsOptions } from '#voice/sip/transports.js';
import type { SipUri } from '#voice/sip/uri.js';
import { HeldClock } from '../held-clock.js';
import { certificateOfCarrier, certificateOne, certificateTwo } from './certificates.js';

const HOST = '127.0.0.1';
const opened: { close(): unknown }[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidetone-sip-tls-'));
  install(certificateOne);
});
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close();
  rmSync(folder, { recursive: true });
});

function install({ cert, key }: { cert: string; key: string }): void {
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
}

function files() {
  return { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
}

async function open(options: Partial<TransportsOptions> = {}): Promise<Transports> {
  const transports = await Transports.open({ host: HOST, port: 0, clock: systemClock, ...options });
  opened.push(transports);
  return transports;
}

/** Listens over TLS and answers every request 200. */
async function openListening(options: Partial<TransportsOptions> = {}) {
  const transports = await open({ tls: { port: 0, certificate: files() }, ...options });
  const messages: { message: SipMessage; from: Peer }[] = [];
  transports.onMessage((message, from) => {
    messages.push({ message, from });
    if (message.kind === 'request') transports.send(createResponse(message, 200), from, () => undefined);
  });
  return { transports, messages, port: transports.tlsPort };
}

async function openAsking(options: Partial<TransportsOptions> = {}) {
  const transports = await open(options);
  const layer = new TransactionLayer({ transport: transports, clock: systemClock });
  opened.push(layer);
  const ask = (port: number, tls?: TlsTarget) => {
    const to: Peer = { transport: 'tls', address: HOST, port, ...(tls !== undefined && { tls }) };
    return new Promise<number>((resolve, reject) => {
      layer.request(optionsRequest(), to, {
        onResponse: ({ status }) => resolve(status),
        onTimeout: () => reject(new Error('timeout')),
        onTransportError: reject,
      });
    });
  };
  return { transports, ask };
}

function optionsRequest(): SipRequest {
  const headers = Headers.of([
    ['From', '<sip:a@a.invalid>;tag=a'],
    ['To', '<sip:b@b.invalid>'],
    ['Call-ID', `call-${Math.random()}`],
    ['CSeq', '1 OPTIONS'],
  ]);
  return { kind: 'request', method: 'OPTIONS', uri: 'sip:b@b.invalid', headers, body: Buffer.alloc(0) };
}

const trusted: TlsTarget = { name: 'localhost', verify: true, ca: certificateOne.cert };

/** The name in the certificate that a new connection is shown. */
function nameShown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: HOST, port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('a request over TLS', () => {
  it('arrives and is answered on its connection, which later requests use again, both ways', async () => {
    const bob = await openListening();
    const alice = await openAsking();
    expect(await alice.ask(bob.port, trusted)).toBe(200);
    expect(await alice.ask(bob.port, trusted)).toBe(200);
    const [first, second] = bob.messages;
    expect(first!.from).toMatchObject({ transport: 'tls', address: HOST });
    expect(second!.from.connection).toBe(first!.from.connection);
    expect(first!.message.headers.get('Via')).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1:5061;branch=/);

    const back = new Promise<SipMessage>((resolve) => alice.transports.onMessage(resolve));
    const { port } = first!.from;
    bob.transports.send(
      { ...optionsRequest(), headers: optionsRequest().headers.addFirst('Via', 'SIP/2.0/TLS x;branch=z9hG4bKx') },
      { transport: 'tls', address: HOST, port },
      () => undefined,
    );
    expect(await back).toMatchObject({ kind: 'request', method: 'OPTIONS' });
  });

  it.each<[string, TlsTarget, RegExp]>([
    ['of nobody we trust', { name: 'localhost', verify: true }, /over TLS: self-signed certificate/],
    ['of somebody else', { ...trusted, ca: certificateTwo.cert }, /over TLS: (self-signed|unable to)/],
    ['for another name', { ...trusted, name: 'carrier.example' }, /over TLS: .*carrier\.example/],
  ])('does not leave for a certificate %s', async (_, target, error) => {
    const bob = await openListening();
    const alice = await openAsking();
    await expect(alice.ask(bob.port, target)).rejects.toThrow(error);
    expect(bob.messages).toEqual([]);
  });

  it('leaves for any certificate where that is agreed, and does not lend its connection to those who check', async () => {
    const bob = await openListening();
    const alice = await openAsking();
    expect(await alice.ask(bob.port, { name: 'carrier.example', verify: false })).toBe(200);
    await expect(alice.ask(bob.port, { ...trusted, name: 'carrier.example' })).rejects.toThrow('carrier.example');
  });

  it('takes a certificate for the SIP domain that was asked for, and for that alone (RFC 5922)', async () => {
    install(certificateOfCarrier);
    const bob = await openListening();
    const alice = await openAsking();
    const ca = certificateOfCarrier.cert;
    expect(await alice.ask(bob.port, { name: 'Carrier.example', verify: true, ca })).toBe(200);
    await expect(alice.ask(bob.port, { name: 'other.example', verify: true, ca })).rejects.toThrow('over TLS: ');
  });

  it('takes the address for a name, and fails where only the far end can connect', async () => {
    const bob = await openListening();
    const alice = await openAsking();
    expect(await alice.ask(bob.port, { ...trusted, name: HOST })).toBe(200);
    await expect(alice.ask(bob.port)).rejects.toThrow(`the TLS connection with ${HOST}:${bob.port} is gone`);
  });

  it('fails when nobody speaks TLS there', async () => {
    const bob = await openListening();
    const clock = new HeldClock();
    const alice = await openAsking({ clock });
    const asked = alice.ask(bob.transports.port, trusted);
    clock.advance(10_000);
    await expect(asked).rejects.toThrow('over TLS: connecting took too long');
  });
});

describe('our certificate', () => {
  it('is replaced within a minute when the files are, and stays where the new ones are broken', async () => {
    const clock = new HeldClock();
    const bob = await openListening({ clock });
    const alice = await openAsking();
    expect(await nameShown(bob.port)).toBe('one.test');
    expect(await alice.ask(bob.port, trusted)).toBe(200);

    install({ cert: certificateTwo.cert, key: certificateOne.key });
    clock.advance(60_000);
    expect(await nameShown(bob.port)).toBe('one.test');

    install(certificateTwo);
    clock.advance(60_000);
    expect(await nameShown(bob.port)).toBe('two.test');
    // The connection from before goes on.
    expect(await alice.ask(bob.port, trusted)).toBe(200);
    expect(bob.messages[1]!.from.connection).toBe(bob.messages[0]!.from.connection);
  });

  it('keeps SIP from starting in one line when it cannot be read', async () => {
    install({ cert: certificateTwo.cert, key: certificateOne.key });
    await expect(openListening()).rejects.toThrow(/are not a certificate and its key/);
    rmSync(files().key);
    await expect(openListening()).rejects.toThrow(/^TLS: cannot read .*key\.pem/);
  });

  it('says in one line that the port is taken', async () => {
    const bob = await openListening();
    const taken = { tls: { port: bob.port, certificate: files() } };
    await expect(open(taken)).rejects.toThrow(`cannot listen on TLS ${HOST} port ${bob.port}: another program uses it`);
  });
});

describe('calls over TLS', () => {
  /** An engine that answers calls from anybody on loopback, and one that has it for a trunk. */
  async function twoEngines() {
    const bob = await open({ tls: { port: 0, certificate: files() } });
    const alice = await open();
    const engineOn = (transport: Transports, config: Partial<TrunkConfig>) => {
      const resolve = (uri: SipUri) => resolveUri(uri, { dns: new Dns(systemClock) });
      const engine = new SipEngine({ transport, media: new ScriptedMedia(), clock: systemClock, resolve });
      opened.push(engine);
      const story: string[] = [];
      engine.on((event) => {
        if (event.kind === 'leg.incoming') engine.send({ kind: 'answer', leg: event.leg });
        if (event.kind === 'leg.ended') story.push(`ended ${event.cause} by ${event.by}: ${event.sipReason ?? ''}`);
        if (event.kind === 'leg.answered') story.push('answered');
      });
      const legs: string[] = [];
      engine.on((event) => {
        if (event.kind === 'leg.answered') legs.push(event.leg);
      });
      engine.send({ kind: 'configure', trunks: [{ id: 't', name: 'T', uri: 'sip:x.invalid', ...config }], phones: [] });
      return { engine, story, legs };
    };
    const callee = engineOn(bob, { inboundAddresses: ['127.0.0.0/8'] });
    const uri = `sips:localhost:${bob.tlsPort}`;
    const caller = engineOn(alice, { uri, tls: { ca: certificateOne.cert } });
    const to = { kind: 'trunk', trunk: 't', number: '+12025550123' } as const;
    caller.engine.send({ kind: 'dial', leg: 'a', to, from: { number: '+18005550199' }, ringTimeoutMs: 20_000 });
    return { caller, callee };
  }

  it.each(['caller', 'callee'] as const)('are set up, and ended by the %s', async (who) => {
    const both = await twoEngines();
    await expect.poll(() => both.callee.story).toEqual(['answered']);
    const leg = both[who].legs[0]!;
    both[who].engine.send({ kind: 'hangup', leg });
    const [us, them] = ['ended hangup by us: ', 'ended hangup by them: '];
    await expect.poll(() => both.caller.story).toEqual(['answered', who === 'caller' ? us : them]);
    await expect.poll(() => both.callee.story).toEqual(['answered', who === 'callee' ? us : them]);
  });
});

describe('those who connect and say nothing', () => {
  it('are so many at a time from one address; the others get in all the same', async () => {
    const bob = await openListening();
    const alice = await openAsking();
    let refused = 0;
    const silent = Array.from({ length: 80 }, () => {
      const socket = connectTcp({ host: HOST, port: bob.port });
      socket.on('error', () => undefined).on('close', () => (refused += 1));
      opened.push({ close: () => socket.destroy() });
      return new Promise((resolve) => socket.on('connect', resolve));
    });
    await Promise.all(silent);
    await expect.poll(() => refused).toBe(16);
    // Those from elsewhere; a loopback address of its own stands for one.
    const elsewhere = connect({
      socket: connectTcp({ host: HOST, port: bob.port, localAddress: '127.0.0.9' }),
      rejectUnauthorized: false,
    });
    opened.push({ close: () => elsewhere.destroy() });
    await new Promise((resolve, reject) => elsewhere.on('secureConnect', resolve).on('error', reject));
    await expect(alice.ask(bob.port, trusted)).rejects.toThrow('over TLS');
  });
});
