import { randomInt } from 'node:crypto';
import { Conversation } from './conversation.js';
import type { Dialog } from './dialog.js';
import type { CallMedia } from './media.js';
import { answerTo, formatDescription, parseDescription, type Direction } from './session-description.js';
import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';
import type { ServerTransaction } from './server-transaction.js';
import type { Transactions } from './transactions.js';

export interface CallEnd {
  by: 'us' | 'them';
  /** `unanswered`: a request of ours got no response; `closed`: the phone was closed while the call lasted. */
  how: 'bye' | 'cancel' | 'refused' | 'unanswered' | 'closed';
  /** Of a refusal. */
  status?: number;
  phrase?: string;
  /** The Reason header field (RFC 3326) of the BYE, CANCEL or refusal, or an empty string. */
  reason: string;
}

/** What a call needs of its phone. */
export interface CallSurroundings {
  transactions: Transactions;
  contact: string;
  complain(text: string): void;
  /** Every message so far, in short, for the text of a failed wait. */
  story(callId: string): string;
}

export type CallState = 'ringing' | 'answered' | 'ended';

/** A call as its phone sees it. `IncomingCall` and `OutgoingCall` differ in how it begins. */
export abstract class PhoneCall extends Conversation {
  /** Never rejects. */
  readonly ended: Promise<CallEnd>;
  /** The far end holds us: its last description lets us send nothing. */
  heldByThem = false;
  state: CallState = 'ringing';
  end: CallEnd | undefined;
  protected readonly session = { id: String(randomInt(2 ** 40)), version: 1 };
  readonly #end: (end: CallEnd) => void;
  #invitePending = false;

  protected constructor(
    readonly dialog: Dialog,
    media: CallMedia,
    protected readonly phone: CallSurroundings,
  ) {
    super(media);
    let resolveEnd: (end: CallEnd) => void = () => undefined;
    this.ended = new Promise((resolve) => (resolveEnd = resolve));
    this.#end = resolveEnd;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  /** The call in a line or two, for the text of failures. */
  override describe(): string {
    const { heardMs, soundMs } = this.media.receiver;
    const heard = `heard ${heardMs} ms, of it ${soundMs} ms sound, digits "${this.heardDigits()}"`;
    return `call ${this.state}${this.end ? ` (${JSON.stringify(this.end)})` : ''}, ${heard}; ${this.phone.story(this.callId)}`;
  }

  /** BYE; resolves with its final status, or 0 when nothing answered. */
  async hangup(reason?: string): Promise<number> {
    if (this.state !== 'answered') throw new Error(`nothing to hang up: ${this.describe()}`);
    this.finish({ by: 'us', how: 'bye', reason: reason ?? '' });
    const response = await this.send('BYE', reason === undefined ? {} : { Reason: reason });
    return response.status;
  }

  /** Offers the session anew, on hold or not; resolves with the final response. */
  async reinvite({ hold }: { hold: boolean }): Promise<SipResponse> {
    this.session.version++;
    const offer = formatDescription(this.media.describe(hold ? 'sendonly' : 'sendrecv'), this.session);
    this.#invitePending = true;
    const response = await this.send('INVITE', { 'Content-Type': 'application/sdp' }, offer);
    this.#invitePending = false;
    if (response.status < 300) this.takeDescription(response.body);
    return response;
  }

  /** Any request within the dialog; status 0 when nothing answered. A 2xx to INVITE is acknowledged, each time. */
  override send(method: string, fields: Readonly<Record<string, string>> = {}, body = ''): Promise<SipResponse> {
    const { transactions } = this.phone;
    const request = this.dialog.request(method, fields, body);
    const sequence = this.dialog.localSequence;
    return new Promise((resolve) => {
      let ack: SipRequest | undefined;
      const answered = (response: SipResponse): void => {
        if (response.status < 200) return;
        if (method === 'INVITE' && response.status < 300) {
          if (ack) transactions.wire.send(ack, this.dialog.nextHop());
          else {
            ack = this.dialog.request('ACK', {}, '', sequence);
            transactions.sendOnce(ack, this.dialog.nextHop());
          }
        }
        resolve(response);
      };
      transactions.request(request, this.dialog.nextHop(), answered, () => resolve(NO_RESPONSE));
    });
  }

  /** A request of the far end within this dialog. */
  receive(request: SipRequest, transaction: ServerTransaction): void {
    const sequence = parseInt(request.headers.get('CSeq'));
    if (sequence <= this.dialog.remoteSequence)
      this.phone.complain(`${request.method} with CSeq ${sequence} after ${this.dialog.remoteSequence}`);
    this.dialog.remoteSequence = Math.max(sequence, this.dialog.remoteSequence);
    if (request.method === 'BYE') {
      transaction.respond(200, 'OK');
      this.finish({ by: 'them', how: 'bye', reason: request.headers.get('Reason') });
    } else if (request.method === 'INVITE') this.#answerAgain(request, transaction);
    else if (request.method === 'INFO') this.#takeInfo(request, transaction);
    else if (IN_PASSING.includes(request.method)) transaction.respond(200, 'OK');
    else transaction.respond(501, 'Not Implemented');
    this.watch.changed();
  }

  /** The ACK of a 2xx of ours, to this dialog. */
  abstract receiveAck(ack: SipRequest): void;

  finish(end: CallEnd): void {
    if (this.end) return;
    this.end = end;
    this.state = 'ended';
    this.media.close();
    this.#end(end);
    this.watch.changed();
  }

  close(): void {
    this.finish({ by: 'us', how: 'closed', reason: '' });
    this.watch.close('the phone was closed');
  }

  /** Agrees on what the far end described; complains when that cannot be. */
  protected takeDescription(text: string): void {
    try {
      const remote = parseDescription(text);
      this.media.agree(remote);
      this.heldByThem = this.media.sender.muted;
    } catch (error) {
      this.phone.complain(`a session description that cannot be used: ${String(error)}`);
    }
  }

  /** Our answer to a described offer. */
  protected answerText(offer: string, direction?: Direction): string {
    const described = parseDescription(offer);
    return formatDescription(this.media.describe(direction ?? answerTo(described.direction), described), this.session);
  }

  protected sessionHeaders(): SipHeaders {
    return SipHeaders.of({ Contact: `<${this.phone.contact}>`, 'Content-Type': 'application/sdp' });
  }

  #answerAgain(request: SipRequest, transaction: ServerTransaction): void {
    if (this.#invitePending) {
      transaction.respond(491, 'Request Pending');
      return;
    }
    this.session.version++;
    const offerless = request.body === '';
    const body = offerless
      ? formatDescription(this.media.describe('sendrecv'), this.session)
      : this.answerText(request.body);
    if (!offerless) this.takeDescription(request.body);
    transaction.respond(200, 'OK', { headers: this.sessionHeaders(), body });
    this.acceptances.push(transaction);
  }

  /** INVITEs accepted by us whose ACK has not come. */
  protected readonly acceptances: ServerTransaction[] = [];

  protected acknowledge(ack: SipRequest): void {
    const sequence = parseInt(ack.headers.get('CSeq'));
    const index = this.acceptances.findIndex(({ request }) => parseInt(request.headers.get('CSeq')) === sequence);
    const [accepted] = index < 0 ? [] : this.acceptances.splice(index, 1);
    if (!accepted) return;
    accepted.acknowledged();
    if (accepted.request.body === '') this.takeDescription(ack.body);
  }

  /** Both forms in use: `application/dtmf-relay` (Signal=, Duration=) and `application/dtmf` (the digit alone). */
  #takeInfo(request: SipRequest, transaction: ServerTransaction): void {
    const signal = /^\s*Signal\s*=\s*([0-9A-D*#])/im.exec(request.body) ?? /^\s*([0-9A-D*#])\s*$/.exec(request.body);
    if (!signal) {
      transaction.respond(415, 'Unsupported Media Type');
      return;
    }
    const duration = /Duration\s*=\s*(\d+)/i.exec(request.body);
    const durationMs = Number(duration?.[1] ?? 0);
    this.media.receiver.digits.push({ digit: signal[1] ?? '', via: 'info', durationMs, ends: 0 });
    transaction.respond(200, 'OK');
  }
}

/** Requests that change nothing about the call. */
const IN_PASSING = ['UPDATE', 'OPTIONS', 'NOTIFY'];

/** Stands for silence until the transaction's end. */
const NO_RESPONSE: SipResponse = {
  kind: 'response',
  status: 0,
  phrase: 'no response',
  headers: new SipHeaders(),
  body: '',
};
