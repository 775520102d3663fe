/**
 * Both ends of the bench of one-time codes, a process of its own with one clock: it asks for codes over HTTP, and is the
 * carrier that their calls come to, which rings and is busy then, but for numbers of `TALKS`. Sends its SIP port to who forked it.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { performance } from 'node:perf_hooks';

const HOST = '127.0.0.1';
/** These answer, and stay until they are hung up; all others are busy. */
const TALKS = '+1777';

export interface OtpRun {
  url: string;
  key: string;
  concurrency: number;
  ms: number;
}

export interface OtpFigures {
  accepted: number;
  refused: number;
  refusal: string;
  seconds: number;
  /** From the request to the first INVITE for its number, milliseconds, sorted. */
  inviteMs: number[];
}

const askedAt = new Map<string, number>();
const inviteMs: number[] = [];
let serial = 0;

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
socket.on('message', (datagram, from) => {
  const text = datagram.toString('latin1');
  const method = text.slice(0, text.indexOf(' '));
  if (method === 'OPTIONS' || method === 'BYE') return reply(text, from, '200 OK');
  if (method !== 'INVITE') return;
  const number = /^INVITE sip:(\+\d+)@/.exec(text)?.[1] ?? '';
  const asked = askedAt.get(number);
  if (asked !== undefined) inviteMs.push(performance.now() - asked);
  askedAt.delete(number);
  reply(text, from, '180 Ringing');
  if (number.startsWith(TALKS)) reply(text, from, '200 OK', description());
  else reply(text, from, '486 Busy Here');
});

/** One socket for all calls' sound, which nobody listens to. */
const sound = createSocket('udp4');

function description(): string {
  return (
    `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\n` +
    `m=audio ${sound.address().port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n`
  );
}

function reply(request: string, from: RemoteInfo, status: string, body = ''): void {
  const lines = request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n');
  const same = lines.filter((line) => /^(via|from|call-id|cseq|record-route):/i.test(line));
  const to = lines.find((line) => /^to:/i.test(line)) ?? '';
  const tagged = /;tag=/i.test(to) ? to : `${to};tag=carrier`;
  const contact = `Contact: <sip:carrier@${HOST}:${socket.address().port}>\r\n`;
  const about = body === '' ? '' : `${contact}Content-Type: application/sdp\r\n`;
  socket.send(
    `SIP/2.0 ${status}\r\n${same.join('\r\n')}\r\n${tagged}\r\n${about}Content-Length: ${body.length}\r\n\r\n${body}`,
    from.port,
    from.address,
  );
}

async function run({ url, key, concurrency, ms }: OtpRun): Promise<OtpFigures> {
  inviteMs.length = 0;
  const figures = { accepted: 0, refused: 0, refusal: '' };
  const begun = performance.now();
  const askUntilOver = async (): Promise<void> => {
    while (performance.now() - begun < ms) {
      const to = `+1555${String(2_000_000 + ++serial)}`;
      askedAt.set(to, performance.now());
      const answer = await fetch(`${url}/v1/otp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ to }),
      });
      const text = await answer.text();
      if (answer.status === 201) figures.accepted += 1;
      else {
        figures.refused += 1;
        figures.refusal = text;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, askUntilOver));
  const seconds = (performance.now() - begun) / 1000;
  return { ...figures, seconds, inviteMs: [...inviteMs].sort((a, b) => a - b) };
}

process.on('message', (asked: OtpRun) => void run(asked).then((figures) => process.send?.(figures)));
process.on('disconnect', () => process.exit());
sound.bind(0, HOST, () => socket.bind(0, HOST, () => process.send?.(socket.address().port)));
