import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '#clock.js';
import type { SipMessage } from '#voice/sip/message.js';
import { malformedResponse } from '#voice/sip/malformed-response.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { StreamParser, type StreamItem } from '#voice/sip/stream-parser.js';
import { TimerSet } from '#voice/sip/timer-set.js';
import type { Peer } from '#voice/sip/transport.js';
import { noteReceived } from '#voice/sip/via-received.js';

export interface TcpConnectionOptions {
  clock: Clock;
  /** Between two messages or pings, milliseconds. */
  idleTimeoutMs: number;
  onMessage(message: SipMessage, from: Peer): void;
  onClosed(): void;
}

/** A message that was begun must be whole by then, and a new connection must have sent one. Timer B's length. */
const MESSAGE_TIMEOUT_MS = 32_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** What a peer that does not read may leave waiting here. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** Requests that are remembered until their peer shows a sign of life. */
const MAX_UNCONFIRMED = 1_024;
/** The system finds a dead peer that never says anything. */
const TCP_KEEP_ALIVE_MS = 60_000;

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');

/** One TCP or TLS connection, of either direction. */
export class TcpConnection {
  readonly #parser = new StreamParser();
  readonly #timers: TimerSet<'connect' | 'idle' | 'message'>;
  /** Told when the connection breaks before their bytes were taken by the system. */
  readonly #unsent = new Set<(error: Error) => void>();
  /**
   * Requests since anything last came. A peer that was restarted takes the bytes and answers with a reset; without this
   * their senders would only find out by timer B.
   */
  readonly #unconfirmed = new Set<(error: Error) => void>();
  #error: Error | undefined;
  #lastHeardMs: number;

  constructor(
    readonly peer: Peer,
    private readonly socket: Socket,
    private readonly options: TcpConnectionOptions,
  ) {
    this.#timers = new TimerSet(options.clock);
    this.#lastHeardMs = options.clock.now();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    if (socket.connecting) {
      this.#timers.start('connect', CONNECT_TIMEOUT_MS, () => this.close(new Error('connecting took too long')));
      // Over TLS nothing may leave before the far end has proved who it is.
      socket.cork();
    } else this.#startMessageTimer();
    socket.on(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      socket.uncork();
      this.#timers.cancel('connect');
      this.#startIdleTimer();
    });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('close', () => this.#closed());
  }

  /** False also once the far end has said that it will send nothing more: the socket then closes by itself. */
  get isOpen(): boolean {
    return this.socket.writable;
  }

  /** When anything last came; at first when the connection was made. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  send(message: SipMessage, onError: (error: Error) => void): void {
    const bytes = serializeMessage(message);
    const fail = (error: Error): void => onError(new Error(`cannot send to ${place(this.peer)}: ${error.message}`));
    if (!this.isOpen) fail(this.#error ?? new Error('the connection is closed'));
    else if (this.socket.writableLength + bytes.length > MAX_UNSENT_BYTES) {
      fail(new Error('the peer does not read'));
      this.close(new Error('the peer does not read'));
    } else {
      this.#unsent.add(fail);
      this.socket.write(bytes, (error) => {
        if (error) return;
        this.#unsent.delete(fail);
        if (message.kind === 'request') this.#awaitSignOfLife(fail);
      });
      this.#startIdleTimer();
    }
  }

  /** False: it is not open. The answer is a sign of life like any other. */
  ping(): boolean {
    if (!this.isOpen || this.socket.writableLength > MAX_UNSENT_BYTES) return false;
    this.socket.write(PING);
    this.#startIdleTimer();
    return true;
  }

  #awaitSignOfLife(fail: (error: Error) => void): void {
    if (this.socket.destroyed) fail(this.#error ?? new Error('the connection was closed'));
    else if (this.#unconfirmed.size < MAX_UNCONFIRMED) this.#unconfirmed.add(fail);
  }

  #receive(chunk: Buffer): void {
    this.#unconfirmed.clear();
    this.#lastHeardMs = this.options.clock.now();
    for (const item of this.#parser.push(chunk)) {
      if (this.socket.destroyed) return;
      this.#take(item);
    }
    // Not begun anew by each piece: a sender of one byte a second gets no more time than others.
    if (!this.#parser.isWaiting) this.#timers.cancel('message');
    else if (!this.#timers.isRunning('message')) this.#startMessageTimer();
    this.#startIdleTimer();
  }

  #take(item: StreamItem): void {
    switch (item.kind) {
      case 'message':
        this.#timers.cancel('message');
        noteReceived(item.message, this.peer);
        this.options.onMessage(item.message, this.peer);
        break;
      case 'ping':
        if (this.socket.writableLength < MAX_UNSENT_BYTES) this.socket.write(PONG);
        break;
      case 'malformed':
      case 'lost': {
        const response = malformedResponse(item.error, this.peer);
        if (response !== undefined) this.send(response, () => undefined);
        if (item.kind === 'lost') this.socket.end(() => this.close());
      }
    }
  }

  #startIdleTimer(): void {
    this.#timers.start('idle', this.options.idleTimeoutMs, () => this.close());
  }

  #startMessageTimer(): void {
    this.#timers.start('message', MESSAGE_TIMEOUT_MS, () => this.close());
  }

  /** Idempotent. What was not sent fails with `error`. */
  close(error?: Error): void {
    this.#error ??= error;
    this.socket.destroy();
  }

  #closed(): void {
    this.#timers.cancelAll();
    this.options.onClosed();
    const error = this.#error ?? new Error('the connection was closed');
    for (const fail of [...this.#unsent, ...this.#unconfirmed]) fail(error);
    this.#unsent.clear();
    this.#unconfirmed.clear();
  }
}

function place({ address, port, transport }: Peer): string {
  return `${address}:${port} over ${transport.toUpperCase()}`;
}
