import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#clock.js';
import { createResponse } from '#voice/sip/create-response.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import type { SipMessage, SipResponse } from '#voice/sip/message.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { newRequest } from '#voice/sip/transaction-layer.fixture.js';
import { TransactionLayer } from '#voice/sip/transaction-layer.js';
import type { Peer, TransportName } from '#voice/sip/transport.js';
import { Transports, type TransportsOptions } from '#voice/sip/transports.js';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const item of opened.splice(0).reverse()) await item.close();
});

async function open(options: Partial<TransportsOptions> = {}): Promise<Transports> {
  const transports = await Transports.open({ host: '127.0.0.1', port: 0, clock: systemClock, ...options });
  opened.push(transports);
  return transports;
}

function peerOf(transports: Transports, transport: TransportName): Peer {
  return { transport, address: '127.0.0.1', port: transports.port };
}

/** Answers every request 200 and notes all messages. */
async function openAnswering(options: Partial<TransportsOptions> = {}) {
  const transports = await open(options);
  const messages: { message: SipMessage; from: Peer }[] = [];
  const waiting: { count: number; done: () => void }[] = [];
  transports.onMessage((message, from) => {
    messages.push({ message, from });
    if (message.kind === 'request') transports.send(createResponse(message, 200), from, () => undefined);
    for (const { count, done } of waiting) if (messages.length >= count) done();
  });
  const gotten = (count: number) =>
    new Promise<void>((resolve) => {
      if (messages.length >= count) resolve();
      else waiting.push({ count, done: resolve });
    });
  return { transports, messages, gotten };
}

function connectTo(transports: Transports, localAddress?: string): Socket {
  const socket = connect({
    host: '127.0.0.1',
    port: transports.port,
    ...(localAddress !== undefined && { localAddress }),
  });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  opened.push({ close: () => socket.destroy() });
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume();
    socket.on('close', () => resolve());
  });
}

/** Reads from a socket until what came satisfies `isEnough`. */
async function read(socket: Socket, isEnough: (text: string) => boolean): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (isEnough(text)) return text;
  }
  return text;
}

function bytesOf(method: string, via = 'SIP/2.0/TCP phone.invalid;branch=z9hG4bKx', body = ''): Buffer {
  const request = newRequest(method);
  request.headers.addFirst('Via', via);
  return serializeMessage({ ...request, body: Buffer.from(body) });
}

function response(layer: TransactionLayer, method: string, to: Peer): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    layer.request(newRequest(method), to, {
      onResponse: resolve,
      onTimeout: () => reject(new Error('timeout')),
      onTransportError: reject,
    });
  });
}

describe('Transports', () => {
  it.each(['udp', 'tcp'] as const)('carries a request and its response over %s', async (transport) => {
    const bob = await openAnswering();
    const alice = await open();
    const layer = new TransactionLayer({ transport: alice, clock: systemClock });
    opened.push(layer);
    const ok = await response(layer, 'OPTIONS', peerOf(bob.transports, transport));
    expect(ok.status).toBe(200);
    const { message, from } = bob.messages[0]!;
    expect(from).toMatchObject({ transport, address: '127.0.0.1' });
    expect(message.headers.get('Via')).toContain(`SIP/2.0/${transport.toUpperCase()} 127.0.0.1:${alice.port};branch=`);
    expect(message.headers.get('Via')).toContain(`;rport=${from.port};received=127.0.0.1`);
  });

  it('says in one line that a port is taken', async () => {
    const first = await open();
    await expect(open({ port: first.port })).rejects.toThrow(
      `cannot listen on UDP 127.0.0.1 port ${first.port}: another program uses it`,
    );
    await expect(open({ host: '192.0.2.55' })).rejects.toThrow('this machine does not have that address');
  });

  it('shows IPv4 peers under their plain address, also on a socket for IPv6 where the machine has that', async () => {
    const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
    const bob = await openAnswering({ host: hasIPv6 ? '::' : '0.0.0.0' });
    const alice = await open();
    const layer = new TransactionLayer({ transport: alice, clock: systemClock });
    opened.push(layer);
    for (const transport of ['udp', 'tcp'] as const) {
      expect((await response(layer, 'OPTIONS', peerOf(bob.transports, transport))).status).toBe(200);
    }
    expect(bob.messages.map(({ from }) => from.address)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('takes a name for the address to bind', async () => {
    const bob = await open({ host: 'localhost' });
    expect(['127.0.0.1', '::1']).toContain(bob.host);
  });

  it('fails what is sent after closing', async () => {
    const alice = await open();
    await alice.close();
    await alice.close();
    for (const transport of ['udp', 'tcp'] as const) {
      const errors: string[] = [];
      alice.send(newRequest('OPTIONS'), { transport, address: '127.0.0.1', port: 9 }, (error) =>
        errors.push(error.message),
      );
      expect(errors).toEqual([expect.stringContaining('closed')]);
    }
  });
});

describe('UDP', () => {
  async function datagrams(transports: Transports, ...sent: Buffer[]): Promise<SipMessage> {
    const socket = createSocket('udp4');
    opened.push({ close: () => socket.close() });
    for (const datagram of sent) socket.send(datagram, transports.port, '127.0.0.1');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    return parseMessage(answer);
  }

  it('drops what is not SIP and answers what comes after it', async () => {
    const bob = await openAnswering();
    const answer = await datagrams(
      bob.transports,
      Buffer.alloc(0),
      Buffer.from('\r\n\r\n'),
      Buffer.alloc(1_000, 0xff),
      Buffer.from('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'),
      bytesOf('OPTIONS', 'SIP/2.0/UDP nat.invalid:1234;branch=z9hG4bKx;rport'),
    );
    expect(answer).toMatchObject({ kind: 'response', status: 200 });
    expect(bob.messages).toHaveLength(1);
  });

  it('answers malformed requests only as often as a stranger may ask', async () => {
    const { transports, gotten } = await openAnswering({ clock: new HeldClock() });
    const socket = createSocket('udp4');
    opened.push({ close: () => socket.close() });
    let answers = 0;
    let read = false;
    socket.on('message', (datagram) => {
      if (datagram.toString().startsWith('SIP/2.0 400')) answers += 1;
      else read = true;
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const via = `SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK1`;
    const good = bytesOf('OPTIONS', via);
    const bad = Buffer.from(good.toString().replace('CSeq', 'Max-Forwards: 999\r\nCSeq'));
    for (let sent = 0; sent < 300; sent += 1) {
      await new Promise((done) => socket.send(bad, transports.port, '127.0.0.1', done));
    }
    // What can be read is another matter; its answer is the last to come.
    socket.send(good, transports.port, '127.0.0.1');
    await gotten(1);
    await vi.waitFor(() => expect(read).toBe(true));
    expect(answers).toBe(200);
  });

  it('answers a malformed request whose essentials can be read', async () => {
    const bob = await openAnswering();
    const via = 'SIP/2.0/UDP nat.invalid;branch=z9hG4bKx;rport';
    const bad = Buffer.from(bytesOf('OPTIONS', via).toString().replace('CSeq', 'Max-Forwards: 999\r\nCSeq'));
    const answer = await datagrams(bob.transports, bad);
    expect(answer).toMatchObject({ kind: 'response', status: 400, reason: 'Max-Forwards out of range' });
    expect(answer.headers.get('Via')).toContain('received=127.0.0.1');
    expect(bob.messages).toEqual([]);
  });

  it('answers to the port of the Via without rport (RFC 3261 section 18.2.2)', async () => {
    const bob = await open();
    const layer = new TransactionLayer({ transport: bob, clock: systemClock });
    opened.push(layer);
    layer.onRequest((request, _, transaction) => transaction?.respond(createResponse(request, 200)));
    const listening = createSocket('udp4').bind(0, '127.0.0.1');
    opened.push({ close: () => listening.close() });
    await once(listening, 'listening');
    const asking = createSocket('udp4');
    opened.push({ close: () => asking.close() });
    const via = `SIP/2.0/UDP phone.invalid:${listening.address().port};branch=z9hG4bKx`;
    asking.send(bytesOf('OPTIONS', via), bob.port, '127.0.0.1');
    const [answer] = (await once(listening, 'message')) as [Buffer];
    expect(parseMessage(answer).headers.get('Via')).toBe(`${via};received=127.0.0.1`);
  });

  it('tells the sender what cannot be sent', async () => {
    const alice = await open();
    const errors: string[] = [];
    const large = { ...newRequest('OPTIONS'), body: Buffer.alloc(65_500) };
    alice.send(large, peerOf(alice, 'udp'), (error) => errors.push(error.message));
    alice.send(newRequest('OPTIONS'), { transport: 'udp', address: '::1', port: 9 }, (error) =>
      errors.push(error.message),
    );
    expect(errors).toEqual(['the message is too large for a UDP datagram', 'an IPv4 socket cannot send to ::1']);
  });
});

describe('TCP', () => {
  it('takes a request in pieces cut at any byte, and several in one segment', async () => {
    const bob = await openAnswering();
    const socket = connectTo(bob.transports);
    const request = bytesOf('MESSAGE', undefined, 'hello\r\n\r\nworld');
    for (let cut = 1; cut < request.length; cut++) {
      socket.write(request.subarray(0, cut));
      await new Promise(setImmediate);
      socket.write(request.subarray(cut));
    }
    socket.write(Buffer.concat([request, request, request]));
    await bob.gotten(request.length + 2);
    const bodies = new Set(bob.messages.map(({ message }) => message.body.toString()));
    expect(bodies).toEqual(new Set(['hello\r\n\r\nworld']));
    expect(new Set(bob.messages.map(({ from }) => from.connection)).size).toBe(1);
  });

  it('sends requests to a peer on the connection that it opened', async () => {
    const bob = await openAnswering();
    const socket = connectTo(bob.transports);
    socket.write(bytesOf('REGISTER'));
    await bob.gotten(1);
    const { address, port } = bob.messages[0]!.from;
    const invite = newRequest('INVITE');
    invite.headers.addFirst('Via', 'SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKy');
    bob.transports.send(invite, { transport: 'tcp', address, port }, () => undefined);
    expect(await read(socket, (text) => text.includes('CSeq: 7 INVITE'))).toContain('SIP/2.0 200 OK');
  });

  it('sends a response to the port of the Via when its connection is gone', async () => {
    const phone = await openAnswering();
    const bob = await open();
    const gone: Peer = { transport: 'tcp', address: '127.0.0.1', port: 1, connection: 999 };
    const request = newRequest('OPTIONS');
    request.headers.addFirst('Via', `SIP/2.0/TCP 127.0.0.1:${phone.transports.port};branch=z9hG4bKx`);
    bob.send(createResponse(request, 200), gone, () => undefined);
    await phone.gotten(1);
    expect(phone.messages[0]!.message).toMatchObject({ kind: 'response', status: 200 });
  });

  it('tells the sender of a request when the peer goes away without a word, and connects anew for the next', async () => {
    const phone = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    opened.push({ close: () => phone.close() });
    await once(phone.listen(0, '127.0.0.1'), 'listening');
    const { port } = phone.address() as AddressInfo;
    const bob = await open();
    const request = newRequest('OPTIONS');
    for (let count = 0; count < 2; count++) {
      const error = await new Promise<Error>((resolve) => {
        bob.send(request, { transport: 'tcp', address: '127.0.0.1', port }, resolve);
      });
      expect(error.message).toContain(`cannot send to 127.0.0.1:${port} over TCP: `);
    }
  });

  it('answers a ping of two line breaks with one', async () => {
    const bob = await openAnswering();
    const socket = connectTo(bob.transports);
    socket.write('\r\n\r\n');
    expect(await read(socket, () => true)).toBe('\r\n');
  });

  it('sends a ping of its own on a connection that is there, and makes none for it', async () => {
    const bob = await openAnswering();
    const socket = connectTo(bob.transports);
    socket.write(bytesOf('REGISTER'));
    await bob.gotten(1);
    const { address, port } = bob.messages[0]!.from;
    expect(bob.transports.ping({ transport: 'tcp', address, port })).toBe(true);
    expect(await read(socket, (text) => text.endsWith('\r\n\r\n\r\n\r\n'))).toContain('200 OK');
    expect(bob.transports.ping({ transport: 'tcp', address, port: 9 })).toBe(false);
    expect(bob.transports.ping({ transport: 'udp', address, port: 9 })).toBe(true);
  });

  it('answers a fault and goes on, or closes when it cannot tell where the message ends', async () => {
    const bob = await openAnswering();
    const socket = connectTo(bob.transports);
    socket.write(bytesOf('OPTIONS').toString().replace('CSeq: 7', 'CSeq: x') + bytesOf('OPTIONS').toString());
    const answers = await read(socket, (text) => text.includes('200 OK'));
    expect(answers).toContain('SIP/2.0 400 Malformed CSeq');
    socket.write(bytesOf('OPTIONS').toString().replace('Content-Length: 0', 'Content-Length: x'));
    expect(await read(socket, () => false)).toContain('SIP/2.0 400 Malformed Content-Length');
  });

  it('tells every sender when the peer refuses the connection', async () => {
    const alice = await open();
    const nobody = await open();
    const to = peerOf(nobody, 'tcp');
    await nobody.close();
    const errors = await Promise.all(
      [1, 2].map(() => new Promise<Error>((resolve) => alice.send(newRequest('OPTIONS'), to, resolve))),
    );
    expect(errors.map((error) => error.message)).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('ECONNREFUSED'),
    ]);
  });

  it('accepts no more connections than its maximum', async () => {
    const bob = await openAnswering({ maxConnections: 1 });
    const first = connectTo(bob.transports);
    first.write(bytesOf('OPTIONS'));
    await bob.gotten(1);
    const second = connectTo(bob.transports);
    await closed(second);
    first.write(bytesOf('OPTIONS'));
    await bob.gotten(2);
    const errors: string[] = [];
    bob.transports.send(newRequest('OPTIONS'), { transport: 'tcp', address: '127.0.0.1', port: 9 }, (error) =>
      errors.push(error.message),
    );
    expect(errors).toEqual(['too many TCP connections']);
  });

  it.skipIf(process.platform !== 'linux')('keeps room for the connections that it makes itself', async () => {
    const bob = await openAnswering({ maxConnections: 8 });
    const trunk = await openAnswering();
    // Only Linux has all of 127.0.0.0/8; two connections of each address are within its own part.
    const strangers = [2, 2, 3, 3, 4, 4, 5].map((last) => connectTo(bob.transports, `127.0.0.${last}`));
    for (const stranger of strangers) stranger.write(bytesOf('OPTIONS'));
    await bob.gotten(strangers.length);
    await closed(connectTo(bob.transports, '127.0.0.5'));
    const layer = new TransactionLayer({ transport: bob.transports, clock: systemClock });
    opened.push(layer);
    expect((await response(layer, 'OPTIONS', peerOf(trunk.transports, 'tcp'))).status).toBe(200);
  });

  it.skipIf(process.platform !== 'linux')('gives the place of the most silent stranger to whoever comes', async () => {
    const clock = new HeldClock();
    const bob = await openAnswering({ clock, maxConnections: 8 });
    bob.transports.screen({ isRefused: () => false, isKnown: (address) => address === '127.0.0.2' });
    const full = [2, 2, 3, 3, 4, 4, 5].map((last) => connectTo(bob.transports, `127.0.0.${last}`));
    for (const [index, socket] of full.entries()) {
      clock.advance(1_000);
      socket.write(bytesOf('OPTIONS'));
      await bob.gotten(index + 1);
    }
    const late = connectTo(bob.transports, '127.0.0.6');
    late.write(bytesOf('OPTIONS'));
    await Promise.all([bob.gotten(8), closed(full[2]!)]);
    expect(full.map((socket) => socket.destroyed)).toEqual([false, false, true, false, false, false, false]);
  });

  it('closes a connection on which a message is not finished in time, and one that is idle', async () => {
    const clock = new HeldClock();
    const bob = await openAnswering({ clock, idleTimeoutMs: 100_000 });
    const [slow, idle] = [connectTo(bob.transports), connectTo(bob.transports)];
    slow.write(Buffer.concat([bytesOf('OPTIONS'), Buffer.from('INVITE sip:')]));
    idle.write(bytesOf('OPTIONS'));
    await bob.gotten(2);
    clock.advance(31_999);
    slow.write('b');
    idle.write(bytesOf('OPTIONS'));
    await bob.gotten(3);
    clock.advance(1);
    await closed(slow);
    expect(idle.destroyed).toBe(false);
    clock.advance(100_000);
    await closed(idle);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes nothing from addresses that are refused, on new connections and on old ones', async () => {
    const bob = await openAnswering();
    const before = connectTo(bob.transports);
    before.write(bytesOf('OPTIONS'));
    await bob.gotten(1);
    bob.transports.screen({ isRefused: (address) => address === '127.0.0.1', isKnown: () => true });
    before.write(bytesOf('OPTIONS'));
    await Promise.all([closed(before), closed(connectTo(bob.transports))]);
    expect(bob.messages).toHaveLength(1);
  });

  it('gives up a peer that does not read', async () => {
    const bob = await openAnswering();
    const socket = connectTo(bob.transports);
    socket.write(bytesOf('OPTIONS'));
    await bob.gotten(1);
    socket.pause();
    const large = { ...newRequest('MESSAGE'), body: Buffer.alloc(60_000) };
    const error = await new Promise<Error>((resolve) => {
      let isRefused = false;
      const fill = (): void => {
        for (let count = 0; count < 50 && !isRefused; count++) {
          bob.transports.send(large, bob.messages[0]!.from, (refusal) => {
            isRefused = true;
            resolve(refusal);
          });
        }
        if (!isRefused) setImmediate(fill);
      };
      fill();
    });
    expect(error.message).toContain('the peer does not read');
  });
});
