import type { CallSurroundings, PhoneCall } from './call.js';
import { peerOf } from './dialog.js';
import { DigestGate, type DigestAlgorithm, type DigestCounts } from './digest.js';
import { IncomingCall } from './incoming-call.js';
import { LossPattern, type LossOptions } from './loss.js';
import { CallMedia } from './media.js';
import { OutgoingCall, type InviteOptions } from './outgoing-call.js';
import { Registrar, sendRegister, type RegisterOptions } from './registration.js';
import { faultsOf } from './rfc-rules.js';
import type { Codec } from './session-description.js';
import { tagOf } from './sip-address.js';
import { sendOptions } from './ping.js';
import { requestsIn, storyOf } from './wire-log.js';
import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';
import { SipWire, type Peer, type SipTransport } from './sip-wire.js';
import type { SipTimers } from './client-transaction.js';
import type { ServerTransaction } from './server-transaction.js';
import { Transactions } from './transactions.js';
import { Watch } from './watch.js';

export interface PhoneOptions {
  /** Default `udp`. */
  transport?: SipTransport;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** The user part of its address. Default `phone`. */
  user?: string;
  /** In the order of preference; default both, µ-law first. */
  codecs?: readonly Codec[];
  loss?: LossOptions;
  /** Default those of RFC 3261: T1 500 ms, T2 4 s. */
  timers?: Partial<SipTimers>;
}

/** Opens a scriptable SIP phone: it does nothing but what its script says, and notes every rule that its peer breaks. */
export async function openPhone(options: PhoneOptions = {}): Promise<Phone> {
  const { transport = 'udp', host = '127.0.0.1', port = 0 } = options;
  const loss = new LossPattern(options.loss);
  return new Phone(await SipWire.open(transport, host, port, loss), loss, options);
}

export class Phone {
  readonly calls: PhoneCall[] = [];
  readonly watch = new Watch();
  /** Registrations that this phone took as a registrar, after `acceptRegistrations`. */
  registrar: Registrar | undefined;
  readonly #transactions: Transactions;
  readonly #waiting: IncomingCall[] = [];
  readonly #complaints: string[] = [];
  readonly #scriptErrors: unknown[] = [];
  readonly #invites = new Set<string>();
  #repeatedInvites = 0;
  #closed = false;
  #script: ((call: IncomingCall) => void | Promise<void>) | undefined;
  #gate: { gate: DigestGate; methods: readonly string[] } | undefined;

  constructor(
    readonly wire: SipWire,
    private readonly loss: LossPattern,
    private readonly options: PhoneOptions,
  ) {
    this.#transactions = new Transactions(wire, { t1Ms: 500, t2Ms: 4000, ...options.timers });
    const deliver = wire.onMessage;
    wire.onMessage = (message, peer) => {
      for (const fault of faultsOf(message, peer)) this.#complain(fault);
      deliver(message, peer);
      this.watch.changed();
    };
    wire.onTrouble = (text) => this.#complain(text);
    this.#transactions.onRequest = (request, transaction) => this.#receive(request, transaction);
    this.#transactions.onAck = (ack) => this.#callOf(ack)?.receiveAck(ack);
    this.#transactions.onRepeatedInvite = () => this.#repeatedInvites++;
  }

  get port(): number {
    return this.wire.port;
  }

  /** The phone's contact: `sip:user@host:port[;transport=tcp]`. */
  get uri(): string {
    const { transport, host } = this.wire;
    return `sip:${this.options.user ?? 'phone'}@${host}:${this.port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  // — calls that come —

  /** From now on every new call runs through `script`; what it throws comes out of `close()`. */
  onInvite(script: (call: IncomingCall) => void | Promise<void>): void {
    this.#script = script;
    for (const call of this.#waiting.splice(0)) this.#run(script, call);
  }

  /** The next call that no script took. */
  nextCall(withinMs?: number): Promise<IncomingCall> {
    return this.watch.until(
      'a call',
      () => this.#waiting.shift(),
      () => this.story(),
      withinMs,
    );
  }

  /** INVITEs that began a call, by Call-ID (a challenged one counts once), and those that came again unchanged. */
  invitesSeen(): { distinct: number; repeated: number } {
    return { distinct: this.#invites.size, repeated: this.#repeatedInvites };
  }

  /** From now on requests of these methods (default INVITE, outside dialogs) must carry a right digest answer. */
  requireDigest(rules: {
    user: string;
    password: string;
    realm?: string;
    algorithm?: DigestAlgorithm | readonly DigestAlgorithm[];
    qop?: boolean;
    /** `proxy` (default): 407; `server`: 401. */
    as?: 'proxy' | 'server';
    methods?: readonly string[];
  }): DigestCounts {
    const { user, password, realm = 'carrier.example', algorithm = 'MD5', qop = true, as = 'proxy' } = rules;
    const algorithms = typeof algorithm === 'string' ? [algorithm] : algorithm;
    const gate = new DigestGate({ passwords: { [user]: password }, realm, algorithms, qop, as });
    this.#gate = { gate, methods: rules.methods ?? ['INVITE'] };
    return gate.counts;
  }

  /** Acts as the registrar of a small provider: takes REGISTER with these passwords by user name. */
  acceptRegistrations(passwords: Readonly<Record<string, string>>, algorithm?: DigestAlgorithm): Registrar {
    this.registrar = new Registrar(passwords, algorithm ?? 'MD5');
    return this.registrar;
  }

  // — what the phone does —

  /** Registers its contact, answering one challenge; resolves with the final response. */
  register(options: RegisterOptions): Promise<SipResponse> {
    return sendRegister(this.#transactions, this.uri, options);
  }

  /** Calls `uri`, sending the INVITE to `via` or, by default, to the URI's own host and port. */
  async invite(
    uri: string,
    options: InviteOptions & { via?: { host: string; port: number } } = {},
  ): Promise<OutgoingCall> {
    const { via } = options;
    const peer: Peer = via ? { transport: this.wire.transport, ...via } : peerOf(uri, this.wire);
    const from = options.from ?? `<${this.uri}>`;
    const call = new OutgoingCall(uri, peer, { ...options, from }, await this.#openMedia(), this.#surroundings());
    this.calls.push(call);
    return call;
  }

  /** OPTIONS outside a dialog; resolves with the final response, or undefined when none came in 64 × T1. */
  ping(uri: string): Promise<SipResponse | undefined> {
    return sendOptions(this.#transactions, this.uri, uri);
  }

  /** From now on (or until false) nothing that arrives is noticed or answered. */
  deaf(deaf = true): void {
    this.wire.deaf = deaf;
  }

  // — what the phone saw —

  /** Requests that reached the phone, repetitions included. */
  requests(method?: string): SipRequest[] {
    return requestsIn(this.wire.log, method);
  }

  waitForRequest(method: string, count = 1): Promise<SipRequest> {
    return this.watch.until(
      `${count} × ${method}`,
      () => this.requests(method)[count - 1],
      () => this.story(),
    );
  }

  /** Rules of the RFCs that peers broke, as far as the phone noticed. Expect it to be empty. */
  complaints(): string[] {
    return [...new Set([...this.#complaints, ...this.calls.flatMap((call) => [...call.media.receiver.complaints])])];
  }

  /** Every message in short: `<` came, `>` went, `x` was lost. */
  story(callId?: string): string {
    return `${this.wire.transport}:${this.port} [${storyOf(this.wire.log, callId)}]`;
  }

  /** Ends everything without a word to the far ends. Throws what scripts threw. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const call of this.calls) call.close();
    this.watch.close('the phone was closed');
    this.#transactions.close();
    await this.wire.close();
    if (this.#scriptErrors.length === 1) throw this.#scriptErrors[0];
    if (this.#scriptErrors.length > 1) throw new AggregateError(this.#scriptErrors, 'scripts of the phone failed');
  }

  #receive(request: SipRequest, transaction: ServerTransaction): void {
    const { method } = request;
    const inDialog = tagOf(request.headers.get('To')) !== '';
    if (method === 'CANCEL') {
      const invite = transaction.cancels;
      if (invite) transaction.respond(200, 'OK');
      else transaction.respond(481, 'Call/Transaction Does Not Exist');
      if (invite && invite.finalStatus === 0) {
        invite.canceledBy = request;
        invite.onCancel(request);
      }
      return;
    }
    if (inDialog) {
      const call = this.#callOf(request);
      if (call && call.state !== 'ended') call.receive(request, transaction);
      else transaction.respond(481, 'Call/Transaction Does Not Exist');
      return;
    }
    if (method === 'INVITE') this.#invites.add(request.headers.get('Call-ID'));
    const gated = this.#gate?.methods.includes(method) ? this.#gate.gate.check(request) : undefined;
    if (gated) transaction.respond(gated.status, gated.phrase, { headers: gated.headers });
    else if (method === 'INVITE') void this.#ringing(request, transaction);
    else if (method === 'OPTIONS') transaction.respond(200, 'OK', { headers: SipHeaders.of({ Allow: ALLOWED }) });
    else if (method === 'REGISTER' && this.registrar) this.registrar.receive(request, transaction);
    else transaction.respond(405, 'Method Not Allowed', { headers: SipHeaders.of({ Allow: ALLOWED }) });
  }

  async #ringing(invite: SipRequest, transaction: ServerTransaction): Promise<void> {
    transaction.respond(100, 'Trying');
    const media = await this.#openMedia();
    if (this.#closed) {
      media.close();
      return;
    }
    const call = new IncomingCall(invite, transaction, media, this.#surroundings());
    this.calls.push(call);
    if (this.#script) this.#run(this.#script, call);
    else this.#waiting.push(call);
    this.watch.changed();
  }

  #run(script: (call: IncomingCall) => void | Promise<void>, call: IncomingCall): void {
    Promise.resolve(call)
      .then(script)
      .catch((error: unknown) => this.#scriptErrors.push(error));
  }

  #openMedia(): Promise<CallMedia> {
    return CallMedia.open(this.wire.host, this.options.codecs ?? ['PCMU', 'PCMA'], this.loss);
  }

  #surroundings(): CallSurroundings {
    return {
      transactions: this.#transactions,
      contact: this.uri,
      complain: (text) => this.#complain(text),
      story: (callId) => this.story(callId),
    };
  }

  #callOf(request: SipRequest): PhoneCall | undefined {
    const callId = request.headers.get('Call-ID');
    const tag = tagOf(request.headers.get('To'));
    return this.calls.find(({ dialog }) => dialog.callId === callId && dialog.localTag === tag);
  }

  #complain(text: string): void {
    this.#complaints.push(text);
    this.watch.changed();
  }
}

const ALLOWED = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE';
