import type { SipMessage } from '#voice/sip/message.js';
import { END_OF_HEAD, MAX_MESSAGE_BYTES, afterLineBreaks, parseHead } from '#voice/sip/parse-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

export type StreamItem =
  | { kind: 'message'; message: SipMessage }
  /** Two line breaks between messages: the ping of RFC 5626 section 3.5.1, to be answered with one. */
  | { kind: 'ping' }
  /** One bad message; the stream goes on behind it. */
  | { kind: 'malformed'; error: SipParseError }
  /** The end of the message cannot be told: answer if `error.request` allows it, then close. Nothing follows. */
  | { kind: 'lost'; error: SipParseError };

const FIRST_CAPACITY = 4_096;
const PING_BYTES = 4;

/** Cuts a TCP stream into messages by Content-Length (RFC 3261 section 18.3). Holds at most one message of 64 KiB. */
export class StreamParser {
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** Where the search for the end of the head goes on. */
  #scanned = 0;
  /** How many bytes the message at the front needs, once its head has been read. */
  #needed = 0;
  /** Bytes of line breaks since the last message or ping. */
  #breakBytes = 0;
  #lost = false;

  /** True while part of a message has come and the rest has not. */
  get isWaiting(): boolean {
    return this.#length > 0;
  }

  push(chunk: Buffer): StreamItem[] {
    const items: StreamItem[] = [];
    // In bounded pieces: however large a chunk is, the buffer never holds more than about one message.
    for (let at = 0; at < chunk.length && !this.#lost; at += MAX_MESSAGE_BYTES) {
      this.#append(chunk.subarray(at, at + MAX_MESSAGE_BYTES));
      this.#take(items);
    }
    return items;
  }

  #append(piece: Buffer): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_CAPACITY, needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  #take(items: StreamItem[]): void {
    let start = 0;
    while (!this.#lost) {
      const held = this.#bytes.subarray(0, this.#length);
      start = this.#skipLineBreaks(held, start, items);
      if (start === this.#length || this.#length - start < this.#needed) break;
      const headEnd = held.indexOf(END_OF_HEAD, Math.max(start, this.#scanned));
      if (headEnd < 0) {
        this.#scanned = Math.max(start, this.#length - END_OF_HEAD.length + 1);
        if (this.#length - start > MAX_MESSAGE_BYTES) this.#lose(items, new SipParseError('Message too large', 513));
        break;
      }
      const end = this.#takeMessage(held, start, headEnd, items);
      if (end === undefined) break;
      start = end;
      this.#scanned = 0;
    }
    this.#drop(this.#lost ? this.#length : start);
  }

  #skipLineBreaks(held: Buffer, start: number, items: StreamItem[]): number {
    const end = afterLineBreaks(held, start);
    this.#breakBytes += end - start;
    if (this.#breakBytes >= PING_BYTES) {
      items.push({ kind: 'ping' });
      this.#breakBytes = 0;
    }
    if (end < held.length) this.#breakBytes = 0;
    return end;
  }

  /** The end of the message, or undefined while its body is not all there or the stream is lost. */
  #takeMessage(held: Buffer, start: number, headEnd: number, items: StreamItem[]): number | undefined {
    const bodyStart = headEnd + END_OF_HEAD.length;
    const { message, contentLength, fault } = parseHead(held.toString('utf8', start, headEnd));
    const lengthIsKnown = contentLength !== undefined || message?.headers.get('Content-Length') === undefined;
    const end = bodyStart + (contentLength ?? 0);
    if (message === undefined || !lengthIsKnown || end - start > MAX_MESSAGE_BYTES) {
      this.#lose(items, fault ?? new SipParseError('Message too large', 513));
      return undefined;
    }
    this.#needed = end - start;
    if (end > held.length) return undefined;
    this.#needed = 0;
    if (fault === undefined) {
      // A copy: the held bytes are moved as the stream goes on.
      message.body = Buffer.from(held.subarray(bodyStart, end));
      items.push({ kind: 'message', message });
    } else items.push({ kind: 'malformed', error: fault });
    return end;
  }

  #lose(items: StreamItem[], error: SipParseError): void {
    this.#lost = true;
    items.push({ kind: 'lost', error });
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#bytes.copy(this.#bytes, 0, count, this.#length);
    this.#length -= count;
    this.#scanned = Math.max(0, this.#scanned - count);
    if (this.#length === 0) this.#bytes = Buffer.alloc(0);
  }
}
