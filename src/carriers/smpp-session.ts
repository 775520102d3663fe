import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  commandOf,
  ESME_RINVBNDSTS,
  ESME_RINVCMDID,
  ESME_RINVOPTPARSTREAM,
  ESME_ROK,
  ESME_RX_T_APPN,
  PduStream,
  readHead,
  readPdu,
  writePdu,
  type Pdu,
  type PduFields,
} from '#carriers/smpp-pdu.js';
import type { SmppSetup } from '#carriers/smpp-settings.js';
import { statusName } from '#carriers/smpp-status.js';
import type { Clock, Timer } from '#clock.js';

/** What became of a request. */
export type Reply =
  | { kind: 'answered'; pdu: Pdu }
  /** Nothing was written. */
  | { kind: 'unsent'; detail: string }
  /** It was written, and no answer came in time, or the connection ended before. */
  | { kind: 'unanswered'; detail: string };

export type BindAs = 'transceiver' | 'transmitter' | 'receiver';

export interface SessionListener {
  onBound(): void;
  /** Something came for us: deliver_sm or data_sm. The status is its answer. */
  onDelivery(pdu: Pdu): Promise<number>;
  /** Once; nothing comes after it. */
  onEnd(detail: string): void;
}

interface Waiting {
  command: string;
  resolve: (reply: Reply) => void;
  timer: Timer;
}

const INTERFACE_VERSION = 0x34;
const LAST_SEQUENCE = 0x7fffffff;
const UNBIND_MS = 2000;
/** What came and is not written down yet; more is answered with "later". */
const MOST_DELIVERIES = 1000;
/** To one who does not read what it is sent. */
const MOST_UNSENT_OCTETS = 1024 * 1024;
const RESPONSE_BIT = 0x80000000;

/**
 * One connection to a carrier, from the TCP connection to its end. Whatever the other side sends, or does not, ends this
 * connection at worst: nothing is thrown, and every request gets its reply within `responseMs`.
 */
export class SmppSession {
  readonly #socket: Socket;
  readonly #stream = new PduStream();
  readonly #waiting = new Map<number, Waiting>();
  readonly #deliveries = new Set<Promise<void>>();
  readonly #onIdle: (() => void)[] = [];
  #sequence = 0;
  #state: 'opening' | 'bound' | 'closing' | 'ended' = 'opening';
  #pulse: Timer | undefined;
  #opening: Timer;

  constructor(
    private readonly settings: SmppSetup,
    private readonly as: BindAs,
    private readonly clock: Clock,
    private readonly listener: SessionListener,
  ) {
    const { host, port, tls } = settings;
    this.#opening = clock.after(settings.responseMs, () => this.end('no connection in time'));
    this.#socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({
            host,
            port,
            rejectUnauthorized: tls.verify,
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
          });
    this.#socket.once(tls === undefined ? 'connect' : 'secureConnect', () => void this.#bind());
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.end(error.message));
    this.#socket.on('close', () => this.end('the carrier closed the connection'));
  }

  get isBound(): boolean {
    return this.#state === 'bound';
  }

  get canTransmit(): boolean {
    return this.isBound && this.as !== 'receiver';
  }

  /** Requests that wait for their answer. */
  get underWay(): number {
    return this.#waiting.size;
  }

  request(command: string, fields: PduFields = {}): Promise<Reply> {
    if (this.#state !== 'bound') return Promise.resolve({ kind: 'unsent', detail: 'no connection' });
    return this.#ask(command, fields, this.settings.responseMs);
  }

  /** Waits for the answers that are outstanding, in both directions, says unbind and ends. */
  async close(): Promise<void> {
    if (this.#state === 'bound') {
      this.#state = 'closing';
      this.#pulse?.cancel();
      await Promise.all([this.#allAnswered(), this.#allWrittenDown()]);
      await this.#ask('unbind', {}, UNBIND_MS);
    }
    this.end('closed');
  }

  /** Idempotent. */
  end(detail: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#opening.cancel();
    this.#pulse?.cancel();
    // The answers that were given go out first, unless nobody reads them.
    if (this.#socket.writableLength === 0) this.#socket.destroy();
    else {
      this.#socket.destroySoon();
      this.clock.after(UNBIND_MS, () => this.#socket.destroy());
    }
    for (const sequence of [...this.#waiting.keys()]) this.#settle(sequence, { kind: 'unanswered', detail });
    this.listener.onEnd(detail);
  }

  async #bind(): Promise<void> {
    const { systemId, password, systemType, addressTon, addressNpi, addressRange } = this.settings;
    const reply = await this.#ask(
      `bind_${this.as}`,
      {
        system_id: systemId,
        password,
        system_type: systemType,
        interface_version: INTERFACE_VERSION,
        addr_ton: addressTon,
        addr_npi: addressNpi,
        address_range: addressRange,
      },
      this.settings.responseMs,
    );
    if (this.#state !== 'opening') return;
    if (reply.kind !== 'answered') return this.end(`bind: ${reply.detail}`);
    if (reply.pdu.status !== ESME_ROK) return this.end(`bind was refused: ${statusName(reply.pdu.status)}`);
    this.#opening.cancel();
    this.#state = 'bound';
    this.#beat();
    this.listener.onBound();
  }

  /** Asks every so often whether the other side is there. */
  #beat(): void {
    this.#pulse = this.clock.after(this.settings.enquireMs, () => {
      void this.request('enquire_link').then((reply) => {
        if (reply.kind === 'answered') return this.isBound ? this.#beat() : undefined;
        this.end('no answer to enquire_link');
      });
    });
  }

  #ask(command: string, fields: PduFields, withinMs: number): Promise<Reply> {
    this.#sequence = this.#sequence >= LAST_SEQUENCE ? 1 : this.#sequence + 1;
    const sequence = this.#sequence;
    if (!this.#socket.writable) {
      // Between the other side's end and the event that tells of it: nobody shall take this connection for one that is up.
      this.end('the carrier closed the connection');
      return Promise.resolve({ kind: 'unsent', detail: 'the connection is closing' });
    }
    let octets: Buffer;
    try {
      octets = writePdu(command, sequence, ESME_ROK, fields);
    } catch (error) {
      return Promise.resolve({ kind: 'unsent', detail: String(error) });
    }
    return new Promise((resolve) => {
      const timer = this.clock.after(withinMs, () => {
        this.#settle(sequence, { kind: 'unanswered', detail: `no answer to ${command} within ${withinMs / 1000} s` });
      });
      this.#waiting.set(sequence, { command, resolve, timer });
      this.#write(octets);
    });
  }

  #write(octets: Buffer): void {
    if (!this.#socket.writable) return;
    this.#socket.write(octets);
    if (this.#socket.writableLength > MOST_UNSENT_OCTETS) {
      this.#socket.destroy();
      this.end('the carrier does not read what it is sent');
    }
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'ended') return;
    try {
      this.#stream.push(chunk);
      for (let octets = this.#stream.next(); octets !== undefined; octets = this.#stream.next()) this.#take(octets);
    } catch (error) {
      this.end(`what the carrier sends is not SMPP: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #take(octets: Buffer): void {
    let pdu: Pdu;
    try {
      pdu = readPdu(octets);
    } catch {
      return this.#refuseMalformed(octets);
    }
    if (pdu.isResponse) return this.#answered(pdu);
    switch (pdu.command) {
      case 'enquire_link':
        return this.#answer(pdu, ESME_ROK);
      case 'unbind':
        this.#answer(pdu, ESME_ROK);
        return this.end('the carrier said unbind');
      case 'deliver_sm':
      case 'data_sm':
        return this.#deliver(pdu);
      // Neither has an answer (4.1.7, 4.12.1).
      case 'alert_notification':
      case 'outbind':
        return;
      default:
        return this.#write(writePdu('generic_nack', pdu.sequence, ESME_RINVCMDID));
    }
  }

  /** The length was right, what is in it is not: that one PDU is refused. An answer that cannot be read is none. */
  #refuseMalformed(octets: Buffer): void {
    const { id, sequence } = readHead(octets);
    if (id >= RESPONSE_BIT) return;
    const answer = commandOf(id + RESPONSE_BIT);
    this.#write(writePdu(answer ?? 'generic_nack', sequence, ESME_RINVOPTPARSTREAM));
  }

  #answered(pdu: Pdu): void {
    const waiting = this.#waiting.get(pdu.sequence);
    if (waiting === undefined) {
      // It could not read one of ours, and does not say which: nobody knows where the stream is.
      if (pdu.command === 'generic_nack') this.end(`the carrier could not read us: ${statusName(pdu.status)}`);
      return;
    }
    if (pdu.command !== `${waiting.command}_resp` && pdu.command !== 'generic_nack') return;
    this.#settle(pdu.sequence, { kind: 'answered', pdu });
  }

  #deliver(pdu: Pdu): void {
    if (this.as === 'transmitter' || this.#state === 'opening') return this.#answer(pdu, ESME_RINVBNDSTS);
    if (this.#state === 'closing' || this.#deliveries.size >= MOST_DELIVERIES) {
      return this.#answer(pdu, ESME_RX_T_APPN);
    }
    const delivery = this.listener
      .onDelivery(pdu)
      .catch(() => ESME_RX_T_APPN)
      .then((status) => {
        this.#answer(pdu, status);
        this.#deliveries.delete(delivery);
      });
    this.#deliveries.add(delivery);
  }

  #answer(pdu: Pdu, status: number): void {
    this.#write(writePdu(`${pdu.command}_resp`, pdu.sequence, status));
  }

  #allAnswered(): Promise<void> {
    return this.#waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  async #allWrittenDown(): Promise<void> {
    let late: Timer | undefined;
    const tooLate = new Promise<void>((resolve) => {
      late = this.clock.after(this.settings.responseMs, resolve);
    });
    await Promise.race([Promise.all(this.#deliveries), tooLate]);
    late?.cancel();
  }

  #settle(sequence: number, reply: Reply): void {
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    waiting?.timer.cancel();
    waiting?.resolve(reply);
    if (this.#waiting.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
