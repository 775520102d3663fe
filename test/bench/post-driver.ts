/**
 * The client of the bench of accepts, in a process of its own: keeps a number of connections busy with one POST after
 * the other, each under an Idempotency-Key of its own. Bare sockets, so that most of the machine is the server's.
 */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface DriveOrder {
  port: number;
  /** One connection uses one of them. */
  keys: string[];
  connections: number;
  forMs: number;
  path: string;
  body: string;
}

export interface Driven {
  replies: number;
  /** Replies with another status than 201. */
  refused: number;
  /** What the first of those said. */
  refusal: string | undefined;
  seconds: number;
  /** Milliseconds that half of the requests, and 99 of 100, took at most. */
  p50Ms: number;
  p99Ms: number;
}

let serial = 0;

async function drive(order: DriveOrder): Promise<Driven> {
  const tookMs: number[] = [];
  const seen = { refused: 0, refusal: undefined as string | undefined };
  const beganMs = performance.now();
  const untilMs = beganMs + order.forMs;
  await Promise.all(
    Array.from({ length: order.connections }, (_, index) => converse(order, index, untilMs, tookMs, seen)),
  );
  const seconds = (performance.now() - beganMs) / 1000;
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? 0;
  return { replies: tookMs.length, ...seen, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function converse(
  { port, keys, path, body }: DriveOrder,
  index: number,
  untilMs: number,
  tookMs: number[],
  seen: { refused: number; refusal: string | undefined },
): Promise<void> {
  const head =
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${keys[index % keys.length] ?? ''}\r\n` +
    `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nidempotency-key: bench-${process.pid}-`;
  return new Promise((resolve, reject) => {
    let text = '';
    let sentMs = 0;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => ask());
    const ask = (): void => {
      text = '';
      sentMs = performance.now();
      socket.write(`${head}${++serial}\r\n\r\n${body}`);
    };
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      const nowMs = performance.now();
      tookMs.push(nowMs - sentMs);
      if (!text.startsWith('HTTP/1.1 201')) {
        seen.refused += 1;
        seen.refusal ??= text.slice(0, 12) + text.slice(end + 4, end + 300);
      }
      if (nowMs < untilMs) ask();
      else socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

process.on('message', (order: DriveOrder) => void drive(order).then((driven) => process.send?.(driven)));
process.on('disconnect', () => process.exit());
