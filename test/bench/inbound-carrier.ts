/**
 * The carrier of the bench of inbound calls, a process of its own with two sockets: from one it calls and presses a key
 * until somebody is rung, at the other it answers whoever is rung. A call is set up when the answer was acknowledged there;
 * then the caller hangs up and the next one calls.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';

const HOST = '127.0.0.1';
/** A key that comes before anybody listens for it is pressed again. */
const PRESS_AGAIN_MS = 100;
const LOST_MS = 10_000;

export interface InboundRun {
  /** Where the server listens for SIP. */
  port: number;
  /** Whom all call. */
  number: string;
  key: string;
  /** Calls in progress at the same time. */
  calls: number;
  warmMs: number;
  ms: number;
}

export interface InboundFigures {
  setUp: number;
  failed: number;
  failure: string;
  seconds: number;
  /** From the INVITE to the acknowledged answer, the shortest first. */
  tookMs: number[];
}

interface Call {
  user: string;
  since: number;
  /** Of the far end, once it has answered. */
  to: string | undefined;
  sequence: number;
  isRung: boolean;
  isSetUp: boolean;
  timers: NodeJS.Timeout[];
}

const [calling, answering, sound] = [socket(), socket(), createSocket('udp4')];
const calls = new Map<string, Call>();
let run: InboundRun | undefined;
let serial = 0;
let figures: Omit<InboundFigures, 'seconds'> = nothing();

function socket(): Socket {
  return createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
}

function nothing(): Omit<InboundFigures, 'seconds'> {
  return { setUp: 0, failed: 0, failure: '', tookMs: [] };
}

function field(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(text)?.[1] ?? '';
}

function description(): string {
  return (
    `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\n` +
    `m=audio ${sound.address().port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n`
  );
}

function refill(): void {
  for (; run !== undefined && calls.size < run.calls; serial++) {
    const user = `+1646${String(2_000_000 + (serial % 7_000_000))}`;
    const call: Call = {
      ...{ user, since: performance.now(), to: undefined, sequence: 1 },
      ...{ isRung: false, isSetUp: false, timers: [] },
    };
    call.timers.push(setTimeout(() => over(user, 'lost'), LOST_MS));
    calls.set(user, call);
    ask(call, 'INVITE', 'application/sdp', description());
  }
}

function ask(call: Call, method: string, type = '', body = ''): void {
  const { port, number } = run ?? { port: 0, number: '' };
  const sequence = method === 'ACK' ? 1 : call.sequence++;
  const lines = [
    `${method} sip:${number}@${HOST}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${HOST}:${calling.address().port};branch=z9hG4bK${call.user.slice(1)}-${sequence}-${method}`,
    `From: <sip:${call.user}@${HOST}>;tag=t${call.user.slice(1)}`,
    `To: ${call.to ?? `<sip:${number}@${HOST}>`}`,
    `Call-ID: ${call.user.slice(1)}@bench`,
    `CSeq: ${sequence} ${method}`,
    `Contact: <sip:${call.user}@${HOST}:${calling.address().port}>`,
    'Max-Forwards: 70',
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${body.length}`,
  ];
  calling.send(`${lines.join('\r\n')}\r\n\r\n${body}`, port, HOST);
}

/** Presses the key until somebody is rung. */
function press(call: Call): void {
  if (call.isRung || !calls.has(call.user)) return;
  ask(call, 'INFO', 'application/dtmf-relay', `Signal=${run?.key ?? ''}\r\nDuration=100\r\n`);
  call.timers.push(setTimeout(() => press(call), PRESS_AGAIN_MS));
}

function over(user: string, failure?: string): void {
  const call = calls.get(user);
  if (call === undefined) return;
  for (const timer of call.timers) clearTimeout(timer);
  calls.delete(user);
  if (failure !== undefined) Object.assign(figures, { failed: figures.failed + 1, failure });
  refill();
}

function reply(request: string, from: RemoteInfo, status: string, more = '', body = ''): void {
  const lines = request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n');
  const same = lines.filter((line) => /^(via|from|call-id|cseq|record-route):/i.test(line));
  const to = field(request, 'To');
  const tagged = to.includes(';tag=') ? to : `${to};tag=callee`;
  const head = `SIP/2.0 ${status}\r\n${same.join('\r\n')}\r\nTo: ${tagged}\r\n${more}`;
  answering.send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, from.port, from.address);
}

/** What the server says to callers: answers of theirs, and requests of its own. */
calling.on('message', (datagram, from) => {
  const text = datagram.toString('latin1');
  if (!text.startsWith('SIP/2.0')) return replyTo(calling, text, from);
  const status = Number(text.slice(8, 11));
  const call = calls.get(`+${field(text, 'Call-ID').split('@')[0] ?? ''}`);
  if (call === undefined || status < 200) return;
  const method = field(text, 'CSeq').split(' ')[1];
  if (method === 'BYE') return over(call.user);
  if (method !== 'INVITE') return;
  const isFirst = call.to === undefined;
  call.to = field(text, 'To');
  ask(call, 'ACK');
  if (status >= 300) over(call.user, text.slice(8, text.indexOf('\r\n')));
  else if (isFirst) press(call);
});

/** What the server says to those who are rung: From is the caller. */
answering.on('message', (datagram, from) => {
  const text = datagram.toString('latin1');
  const method = text.slice(0, text.indexOf(' '));
  const call = calls.get(/<sip:(\+\d+)@/.exec(field(text, 'From'))?.[1] ?? '');
  if (method === 'INVITE') {
    if (call !== undefined) call.isRung = true;
    const contact = `Contact: <sip:callee@${HOST}:${answering.address().port}>\r\n`;
    reply(text, from, '180 Ringing', contact);
    reply(text, from, '200 OK', `${contact}Content-Type: application/sdp\r\n`, description());
  } else if (method === 'ACK') {
    if (call === undefined || call.isSetUp) return;
    call.isSetUp = true;
    figures.setUp += 1;
    figures.tookMs.push(performance.now() - call.since);
    ask(call, 'BYE');
  } else if (method === 'BYE' || method === 'OPTIONS') reply(text, from, '200 OK');
});

function replyTo(own: Socket, text: string, from: RemoteInfo): void {
  if (text.startsWith('ACK')) return;
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const same = lines.filter((line) => /^(via|from|to|call-id|cseq|record-route):/i.test(line));
  own.send(`SIP/2.0 200 OK\r\n${same.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`, from.port, from.address);
  if (text.startsWith('BYE')) over(`+${field(text, 'Call-ID').split('@')[0] ?? ''}`, 'hung up on');
}

process.on('message', (asked: InboundRun) => {
  run = asked;
  refill();
  setTimeout(() => {
    figures = nothing();
    const beganMs = performance.now();
    setTimeout(() => {
      const seconds = (performance.now() - beganMs) / 1000;
      const { tookMs, ...rest } = figures;
      process.send?.({ ...rest, seconds, tookMs: tookMs.sort((a, b) => a - b) } satisfies InboundFigures);
    }, asked.ms);
  }, asked.warmMs);
});
process.on('disconnect', () => process.exit());
sound.bind(0, HOST, () =>
  calling.bind(0, HOST, () =>
    answering.bind(0, HOST, () => process.send?.([calling.address().port, answering.address().port])),
  ),
);
