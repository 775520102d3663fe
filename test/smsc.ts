import type { AddressInfo, Server } from 'node:net';
import smpp, { type PDU, type Session } from 'smpp';
// Texts as octets here, too: it tells the library so.
import '#carriers/smpp-pdu.js';

/** What becomes of one submit_sm. */
export interface Fate {
  /** `silence`: it is taken, and no answer comes. */
  answer: 'accept' | 'throttle' | 'refuse' | 'silence';
  delayMs?: number;
  /** The connection is cut, after it was taken or without. */
  cut?: 'taken' | 'not_taken';
  /** `early`: before the answer; `late`: seconds later, after others. */
  receipt?: 'prompt' | 'early' | 'late' | 'twice' | 'none';
  /** The word of Appendix B. */
  state?: 'DELIVRD' | 'UNDELIV' | 'EXPIRED' | 'REJECTD';
  /** What is sent before the answer. */
  noise?: 'malformed_tlv' | 'unknown_command' | 'broken_length';
  /** The answer comes octet by octet. */
  fragmented?: boolean;
}

/** A submit_sm that was taken, as it was seen. */
export interface Taken {
  id: string;
  from: string;
  to: string;
  /** The short_message, or the message_payload. */
  octets: Buffer;
  esmClass: number;
  dataCoding: number;
  /** All others. */
  pdu: Readonly<Record<string, unknown>>;
  /** Whether there is a receipt for it, by now or soon. */
  reported: boolean;
}

export interface SmscOptions {
  /** How the answer has ids; receipts have them in decimal always. */
  ids?: 'decimal' | 'hex';
  password?: string;
  tls?: { key: string; cert: string };
  /** `nth` counts every submit_sm from 1; `to` is whom it is for. */
  fate?: (nth: number, to: string) => Fate;
  /** How many deliver_sm wait for their answer at once. */
  window?: number;
}

const LATE_MS = 1500;
const OUTBOX_EVERY_MS = 250;
/** A deliver_sm without an answer comes again after this. */
const DELIVERY_MS = 5000;
const STATUS = smpp.errors;

/** A carrier of texts for tests, over SMPP 3.4 by the library's server half, that misbehaves as it is told. */
export class Smsc {
  /** In order. */
  readonly taken: Taken[] = [];
  submits = 0;
  throttled = 0;
  cuts = 0;
  fate: (nth: number, to: string) => Fate;
  readonly #sessions = new Set<Session>();
  readonly #receivers = new Set<Session>();
  readonly #outbox: Record<string, unknown>[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #pumping: NodeJS.Timeout;
  readonly #server: Server;
  #lastId = 0x3a00;
  #delivering = 0;

  private constructor(private readonly options: SmscOptions) {
    this.fate = options.fate ?? (() => ({ answer: 'accept', receipt: 'prompt' }));
    this.#server = smpp.createServer(options.tls ?? {}, (session) => this.#serve(session));
    this.#pumping = setInterval(() => this.#pump(), OUTBOX_EVERY_MS);
  }

  static async open(options: SmscOptions = {}): Promise<Smsc> {
    const smsc = new Smsc(options);
    await new Promise<void>((resolve) => smsc.#server.listen(0, '127.0.0.1', resolve));
    return smsc;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are bound. */
  get bound(): number {
    return this.#sessions.size;
  }

  /** What has not been delivered yet: receipts and texts for the client. */
  get undelivered(): number {
    return this.#outbox.length + this.#delivering;
  }

  /** A text for the client; it comes again until the client has it. */
  deliver(fields: Record<string, unknown>): void {
    this.#outbox.push(fields);
    this.#pump();
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const session of this.#sessions) session.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.#pumping);
    for (const timer of this.#timers) clearTimeout(timer);
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(session: Session): void {
    session.on('error', () => session.destroy());
    session.on('close', () => this.#forget(session));
    // Each deliver_sm that waits listens for the end.
    session.setMaxListeners(0);
    for (const bind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
      session.on(bind, (pdu: PDU & { password: string }) => {
        const welcome = this.options.password === undefined || pdu.password === this.options.password;
        session.send(pdu.response(welcome ? { system_id: 'TEST' } : { command_status: STATUS['ESME_RINVPASWD']! }));
        if (!welcome) return;
        this.#sessions.add(session);
        if (bind !== 'bind_transmitter') this.#receivers.add(session);
        this.#pump();
      });
    }
    session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()));
    session.on('unbind', (pdu: PDU) => {
      this.#forget(session);
      session.send(pdu.response());
      session.close();
    });
    session.on('submit_sm', (pdu: PDU) => this.#submitted(session, pdu));
  }

  #submitted(session: Session, pdu: PDU): void {
    const fate = this.fate(++this.submits, (pdu as PDU & { destination_addr: string }).destination_addr);
    if (fate.answer === 'throttle' || fate.answer === 'refuse') {
      if (fate.answer === 'throttle') this.throttled += 1;
      const status = STATUS[fate.answer === 'throttle' ? 'ESME_RTHROTTLED' : 'ESME_RINVDSTADR'] ?? 0;
      return this.#after(fate.delayMs, () => session.send(pdu.response({ command_status: status })));
    }
    if (fate.cut === 'not_taken') return this.#cutOne(session);
    const taken = this.#take(pdu, fate);
    this.#report(taken, fate);
    if (fate.cut === 'taken') return this.#cutOne(session);
    if (fate.answer === 'silence') return;
    this.#after(fate.delayMs, () => this.#answer(session, pdu, taken, fate));
  }

  #take(pdu: PDU, fate: Fate): Taken {
    const fields = pdu as unknown as Record<string, unknown>;
    const short = fields['short_message'] as Buffer;
    const taken = {
      id: String(++this.#lastId),
      from: String(fields['source_addr']),
      to: String(fields['destination_addr']),
      octets: short.length > 0 ? short : ((fields['message_payload'] as Buffer | undefined) ?? short),
      esmClass: Number(fields['esm_class']),
      dataCoding: Number(fields['data_coding']),
      pdu: fields,
      reported: (fate.receipt ?? 'none') !== 'none',
    };
    this.taken.push(taken);
    return taken;
  }

  #answer(session: Session, pdu: PDU, taken: Taken, fate: Fate): void {
    const { socket } = session;
    if (!socket.writable) return;
    if (fate.noise !== undefined) socket.write(NOISE[fate.noise]);
    const id = this.options.ids === 'hex' ? Number(taken.id).toString(16) : taken.id;
    const octets = pdu.response({ message_id: id }).toBuffer();
    if (fate.fragmented) for (const octet of octets) socket.write(Buffer.from([octet]));
    else socket.write(octets);
  }

  /** The receipt of Appendix B, when its time comes. */
  #report(taken: Taken, { receipt = 'none', state = 'DELIVRD', delayMs = 0 }: Fate): void {
    if (receipt === 'none') return;
    const delivered = state === 'DELIVRD' ? '001' : '000';
    const words = `id:${taken.id} sub:001 dlvrd:${delivered} submit date:2603021500 done date:2603021501 stat:${state} err:000 text:`;
    const fields = {
      ...{ source_addr_ton: 1, source_addr_npi: 1, source_addr: taken.to },
      ...{ dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: taken.from },
      ...{ esm_class: 0x04, short_message: Buffer.from(words, 'latin1') },
    };
    if (receipt === 'early') return this.deliver(fields);
    this.#after(receipt === 'late' ? delayMs + LATE_MS : delayMs + 1, () => {
      this.deliver(fields);
      if (receipt === 'twice') this.deliver(fields);
    });
  }

  /** Hands over what waits, as far as the window goes, on any connection. */
  #pump(): void {
    const window = this.options.window ?? 10;
    while (this.#delivering < window) {
      const session = [...this.#receivers][this.submits % Math.max(1, this.#receivers.size)];
      const fields = session === undefined ? undefined : this.#outbox.shift();
      if (session === undefined || fields === undefined) return;
      this.#delivering += 1;
      let open = true;
      const over = (delivered: boolean): void => {
        if (!open) return;
        open = false;
        this.#delivering -= 1;
        session.off('close', onClose);
        clearTimeout(timer);
        this.#timers.delete(timer);
        if (!delivered) this.#outbox.push(fields);
      };
      const onClose = (): void => over(false);
      const timer = setTimeout(onClose, DELIVERY_MS);
      this.#timers.add(timer);
      session.once('close', onClose);
      session.deliver_sm(fields, (answer) => {
        over(answer.command_status === 0);
        this.#pump();
      });
    }
  }

  #forget(session: Session): void {
    this.#sessions.delete(session);
    this.#receivers.delete(session);
  }

  #cutOne(session: Session): void {
    this.cuts += 1;
    session.destroy();
  }

  #after(delayMs: number | undefined, run: () => unknown): void {
    if (delayMs === undefined) return void run();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }
}

const NOISE: Readonly<Record<NonNullable<Fate['noise']>, Buffer>> = {
  // A deliver_sm whose message_state claims an octet that is not there.
  malformed_tlv: Buffer.from('000000250000000500000000000000210000000000000000000000000000000000' + '04270001', 'hex'),
  unknown_command: Buffer.from('00000012000077770000000000000033abcd', 'hex'),
  broken_length: Buffer.from('7fffffff0000000500000000', 'hex'),
};
