import type { CarrierListener, ConfigOf, OutgoingText, PartResult } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { WORDS_ONLY } from '#carriers/incoming-media.js';
import { readAddress, readConcatenation, readText, userData, type ReadGsm7 } from '#carriers/smpp-incoming.js';
import { SmppLink } from '#carriers/smpp-link.js';
import { acceptedId } from '#carriers/smpp-message-id.js';
import { ESME_ROK, ESME_RX_P_APPN, type Pdu, type PduFields } from '#carriers/smpp-pdu.js';
import { isReceipt, readReceipt } from '#carriers/smpp-receipt.js';
import { readSmppSettings, type SmppSetup } from '#carriers/smpp-settings.js';
import type { Reply, SmppSession } from '#carriers/smpp-session.js';
import { isTooFast, refusal } from '#carriers/smpp-status.js';
import { submitFields } from '#carriers/smpp-submit.js';
import type { Clock, Timer } from '#clock.js';

export interface SmppDeps {
  clock: Clock;
  readGsm7: ReadGsm7;
  /** From 0 to 1; spreads reconnections. */
  random?: () => number;
}

/** One submit_sm that waits for its turn. */
interface InLine {
  fields: PduFields;
  resolve: (result: PartResult) => void;
  timer: Timer;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Parts of one text may be more than there is room for; they wait here. */
const LONGEST_LINE = 1000;
/** A part that found no room is tried again after this. */
const NO_ROOM_MS = 1000;

/** A carrier over SMPP 3.4: connects at once, and again whenever the connection ends, until it is closed. */
export function smppCarrier(config: ConfigOf<'smpp'>, listener: CarrierListener, deps: SmppDeps): OpenCarrier {
  return new SmppCarrier(config.id, readSmppSettings(config), listener, deps);
}

class SmppCarrier implements OpenCarrier {
  readonly window: number;
  readonly #links: SmppLink[];
  readonly #line: InLine[] = [];
  #told = '';
  #closed = false;
  /** The carrier asked for less: nothing is sent until then. */
  #pausedUntil = 0;
  #pauses = 0;
  #resume: Timer | undefined;

  constructor(
    private readonly id: string,
    private readonly settings: SmppSetup,
    private readonly listener: CarrierListener,
    private readonly deps: SmppDeps,
  ) {
    this.window = settings.window * settings.binds;
    const roles = settings.bind === 'transceiver' ? (['transceiver'] as const) : (['transmitter', 'receiver'] as const);
    const onLink = { onChange: () => this.#changed(), onDelivery: (pdu: Pdu) => this.#deliver(pdu) };
    const linkDeps = { clock: deps.clock, random: deps.random ?? Math.random };
    this.#links = Array.from({ length: settings.binds }, () =>
      roles.map((as) => new SmppLink(settings, as, onLink, linkDeps)),
    ).flat();
  }

  submit(text: OutgoingText): Promise<PartResult[]> {
    if ((text.media ?? []).length > 0) return Promise.resolve(text.parts.map(() => WORDS_ONLY));
    return Promise.all(submitFields(text, this.settings).map((fields) => this.#submitOne(fields)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#resume?.cancel();
    this.#pump();
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #submitOne(fields: PduFields): Promise<PartResult> {
    if (this.#line.length >= LONGEST_LINE) return Promise.resolve(noRoom(NO_ROOM_MS));
    return new Promise((resolve) => {
      const timer = this.deps.clock.after(this.settings.responseMs, () => {
        this.#line.splice(this.#line.indexOf(waiting), 1);
        resolve(noRoom(Math.max(NO_ROOM_MS, this.#pausedUntil - this.deps.clock.now())));
      });
      const waiting = { fields, resolve, timer };
      this.#line.push(waiting);
      this.#pump();
    });
  }

  /** Sends what there is room for. What waits while there is no connection surely never left. */
  #pump(): void {
    const bound = this.#links.map(({ session }) => session).filter(({ canTransmit }) => canTransmit);
    if (bound.length === 0 || this.#closed) {
      for (const { resolve, timer } of this.#line.splice(0)) {
        timer.cancel();
        resolve({ kind: 'unreachable', detail: this.#closed ? 'closing' : this.#describe() });
      }
      return;
    }
    if (this.deps.clock.now() < this.#pausedUntil) return;
    while (this.#line.length > 0) {
      const session = bound.reduce((least, other) => (other.underWay < least.underWay ? other : least));
      if (session.underWay >= this.settings.window) return;
      const next = this.#line.shift();
      if (next !== undefined) void this.#send(session, next);
    }
  }

  async #send(session: SmppSession, { fields, resolve, timer }: InLine): Promise<void> {
    timer.cancel();
    const reply = await session.request('submit_sm', fields);
    resolve(this.#resultOf(reply));
    this.#pump();
  }

  #resultOf(reply: Reply): PartResult {
    if (reply.kind === 'unsent') return { kind: 'unreachable', detail: reply.detail };
    if (reply.kind === 'unanswered') return { kind: 'unknown', detail: reply.detail };
    const { status } = reply.pdu;
    if (isTooFast(status)) this.#pause();
    if (status !== ESME_ROK) return refusal(status, Math.max(0, this.#pausedUntil - this.deps.clock.now()));
    this.#pauses = 0;
    return { kind: 'accepted', theirId: acceptedId(this.settings.messageId, reply.pdu.text('message_id')) };
  }

  /** Each time twice as long as the last, until something is accepted; once for all that was under way together. */
  #pause(): void {
    const now = this.deps.clock.now();
    if (now < this.#pausedUntil) return;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses++);
    this.#pausedUntil = now + pauseMs;
    this.#resume = this.deps.clock.after(pauseMs, () => this.#pump());
  }

  /** What comes for us; resolves with the status of the answer. Rejects where it is not written down: once more, later. */
  async #deliver(pdu: Pdu): Promise<number> {
    const data = userData(pdu);
    const text = readText(data, pdu.number('data_coding') ?? 0, this.deps.readGsm7);
    const [from, to] = [readAddress(pdu, 'source'), readAddress(pdu, 'dest')];
    if (isReceipt(pdu, text ?? '', this.settings)) {
      const receipt = readReceipt(pdu, text ?? '', this.settings);
      // From the one who got the text, to the one who sent it (Appendix B); we name them as the text has them.
      if (receipt !== undefined) await this.listener.onReceipt(this.id, { ...receipt, from: to, to: from });
      return ESME_ROK;
    }
    if (text === undefined) return ESME_RX_P_APPN;
    const concatenation = readConcatenation(pdu, data.header);
    await this.listener.onMessage(this.id, {
      ...{ from, to, text },
      ...(concatenation === undefined ? {} : { concatenation }),
    });
    return ESME_ROK;
  }

  #changed(): void {
    // The constructor of the links calls nobody back: `#links` is there.
    const up = this.#links.some(({ session }) => session.canTransmit);
    const detail = this.#describe();
    if (!this.#closed && `${up} ${detail}` !== this.#told) {
      this.#told = `${up} ${detail}`;
      this.listener.onState(this.id, { up, detail });
    }
    this.#pump();
  }

  #describe(): string {
    const { host, port } = this.settings;
    const troubles = [...new Set(this.#links.map(({ trouble }) => trouble).filter((trouble) => trouble !== undefined))];
    const bound = this.#links.filter(({ trouble }) => trouble === undefined).length;
    const what = `${bound} of ${this.#links.length} connections to ${host}:${port}`;
    return troubles.length === 0 ? what : `${what}; ${troubles.join('; ')}`;
  }
}

function noRoom(retryAfterMs: number): PartResult {
  return { kind: 'throttled', code: 'window_full', retryAfterMs };
}
