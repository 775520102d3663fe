/**
 * The engine over SIP: legs by their ids, commands to them, requests from the wire to whom they belong. A plain object;
 * `sip-worker.ts` runs one in a thread.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Timer } from '#clock.js';
import type {
  Engine,
  EngineCommand,
  EngineEvent,
  EngineEventBody,
  LegId,
  LegOrigin,
  PhoneConfig,
} from '#voice/engine.js';
import type { Media, MediaEvent } from '#voice/media/media-port.js';
import { contactPeers } from '#voice/sip/contact-peers.js';
import { MAX_FORWARDS } from '#voice/sip/dialog.js';
import { DigestServer } from '#voice/sip/digest-server.js';
import { IncomingCalls } from '#voice/sip/incoming-calls.js';
import { IncomingLeg } from '#voice/sip/incoming-leg.js';
import type { Leg, LegUser } from '#voice/sip/leg.js';
import { isLoopback } from '#voice/sip/local-addresses.js';
import { LegsByDialog } from '#voice/sip/legs-by-dialog.js';
import { LocationTable } from '#voice/sip/location-table.js';
import { toCalledForm } from '#voice/sip/number-form.js';
import { OutgoingLeg, type InviteTarget } from '#voice/sip/outgoing-leg.js';
import { MessageRelay } from '#voice/sip/message-relay.js';
import { PhoneBook } from '#voice/sip/phone-book.js';
import { PhoneWatch } from '#voice/sip/phone-watch.js';
import { probeTrunk } from '#voice/sip/probe.js';
import { Registrar } from '#voice/sip/registrar.js';
import { DEFAULT_WAITS, Signalling, type SignallingWaits } from '#voice/sip/signalling.js';
import { TransactionLayer } from '#voice/sip/transaction-layer.js';
import { Transfers } from '#voice/sip/transfers.js';
import type { Transport } from '#voice/sip/transport.js';
import { TrunkTable, type Resolve } from '#voice/sip/trunk-table.js';
import { TrunkWatches } from '#voice/sip/trunk-watches.js';
import { formatUri, parseSipUri, type SipUri } from '#voice/sip/uri.js';

export interface SipEngineOptions {
  transport: Transport;
  media: Media;
  clock: Clock;
  resolve: Resolve;
  waits?: Partial<SignallingWaits>;
  /** More legs than that at a time are refused, incoming ones with 503. */
  maxLegs?: number;
  /** New calls are refused while media or signalling lag behind more than that, milliseconds. */
  maxTickLagMs?: number;
  userAgent?: string;
  /** In session descriptions, where it differs from the address of SIP. */
  mediaAddress?: string;
  /** See `SignallingOptions`. */
  random?: () => number;
  /** Of the digest challenges to phones. */
  realm?: string;
  /** Signs nonces; give the same again for nonces that outlive a restart. */
  digestKey?: Buffer;
}

export const DEFAULT_MAX_LEGS = 2_000;
export const DEFAULT_MAX_TICK_LAG_MS = 60;
const LOAD_EVERY_MS = 1_000;
/** How long closing waits for the answers to our last BYEs and CANCELs. */
const CLOSE_WAIT_MS = 1_000;

export class SipEngine implements Engine {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #media: Media;
  readonly #resolve: Resolve;
  readonly #maxLegs: number;
  readonly #maxTickLagMs: number;
  readonly #signalling: Signalling;
  readonly #trunks: TrunkTable;
  readonly #watches: TrunkWatches;
  readonly #phones: PhoneBook;
  readonly #locations: LocationTable;
  readonly #legs = new Map<LegId, Leg>();
  /** The user parts of the URIs that are being dialled, of the form `doctor-<token>`. */
  readonly #loopbacks = new Map<LegId, string>();
  /** Who each leg is with. */
  readonly #origins = new Map<LegId, LegOrigin>();
  readonly #transfers: Transfers;
  readonly #watch: PhoneWatch;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #legUser: LegUser;
  #seq = 0;
  #mediaLagMs = 0;
  #ownLagMs = 0;
  #loadTimer: Timer | undefined;
  #onNoLegs: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SipEngineOptions) {
    const { clock, transport, media } = options;
    const waits = { ...DEFAULT_WAITS, ...options.waits };
    this.#clock = clock;
    this.#transport = transport;
    this.#media = media;
    this.#resolve = options.resolve;
    this.#maxLegs = options.maxLegs ?? DEFAULT_MAX_LEGS;
    this.#maxTickLagMs = options.maxTickLagMs ?? DEFAULT_MAX_TICK_LAG_MS;
    const transactions = new TransactionLayer({ transport, clock, timers: { t1Ms: waits.t1, t2Ms: waits.t2 } });
    this.#signalling = new Signalling({
      transactions,
      transport,
      clock,
      waits,
      userAgent: options.userAgent ?? 'Sidetone',
      mediaAddress: options.mediaAddress,
      random: options.random,
      isKnown: (address) => this.#isKnown(address),
      onBans: (bans) => this.#emit({ kind: 'bans', bans }),
    });
    this.#trunks = new TrunkTable(clock, options.resolve, this.#signalling.failingPeers);
    this.#watches = new TrunkWatches(this.#signalling, this.#trunks, (state) => this.#emit(state));
    const digest = new DigestServer({
      key: options.digestKey ?? randomBytes(32),
      clock,
      realm: options.realm ?? 'sidetone',
    });
    this.#phones = new PhoneBook(this.#signalling, digest);
    this.#locations = new LocationTable(clock, (phone, contacts) =>
      this.#emit({ kind: 'registration', phone, contacts }),
    );
    this.#legUser = { emit: (event) => this.#emit(event), onEnded: (leg) => this.#onEnded(leg) };
    this.#watch = new PhoneWatch(this.#signalling, this.#phones, this.#locations);
    const legs = new LegsByDialog({
      dialogs: this.#signalling.dialogs,
      originOf: (leg) => this.#origins.get(leg),
      areTogether: (phone, other) => this.#phones.areTogether(phone, other),
    });
    this.#transfers = new Transfers({
      signalling: this.#signalling,
      emit: (event) => this.#emit(event),
      legs,
      numberFor: (leg, number) => this.#numberFor(leg, number),
    });
    this.#signalling.otherUsage = (inDialog, transaction, from) => this.#transfers.receive(inDialog, transaction, from);
    const incoming = new IncomingCalls({
      signalling: this.#signalling,
      trunks: this.#trunks,
      phones: this.#phones,
      registrar: new Registrar(this.#signalling, this.#locations),
      transfers: this.#transfers,
      legs,
      subscriptions: this.#watch.subscriptions,
      messages: new MessageRelay(this.#signalling, this.#phones, this.#locations),
      isOverloaded: () => this.#isOverloaded(),
      isLoopback: (user) => [...this.#loopbacks.values()].includes(user),
      onCall: (call) => {
        const id = `in-${randomUUID()}`;
        const { origin, from, to, displayName, caller, replaces, maxForwards } = call;
        const leg = new IncomingLeg(this.#signalling, media, { ...call.ringing, leg: id }, this.#legUser);
        this.#add(leg);
        this.#origins.set(id, origin);
        this.#emit({
          kind: 'leg.incoming',
          leg: id,
          origin,
          from,
          to,
          ...(displayName !== undefined && { displayName }),
          ...(caller !== undefined && { caller }),
          ...(replaces !== undefined && { replaces }),
          maxForwards,
        });
        leg.begin();
      },
    });
    transactions.onRequest((request, from, transaction) => incoming.receive(request, from, transaction));
    transport.screen({
      isRefused: (address) => this.#signalling.bans.isBanned(address),
      isKnown: (address) => this.#isKnown(address),
    });
    media.on((event) => this.#onMedia(event));
  }

  send(command: EngineCommand): void {
    switch (command.kind) {
      case 'configure':
        return this.#configure(command);
      case 'dial':
        return this.#dial(command);
      case 'ring':
      case 'early':
      case 'answer': {
        const leg = this.#legs.get(command.leg);
        if (!(leg instanceof IncomingLeg)) return;
        leg[command.kind]();
        return this.#watch.obeyed(command);
      }
      case 'hangup': {
        const { sipCode, reason } = command;
        const why = { ...(sipCode !== undefined && { sipCode }), ...(reason !== undefined && { reason }) };
        return this.#legs.get(command.leg)?.hangup(why);
      }
      case 'play':
      case 'record':
      case 'sendDtmf':
      case 'detectMachine': {
        const leg = this.#legs.get(command.leg);
        if (leg !== undefined) return leg.media.start(command);
        return this.#emit({
          kind: 'job.done',
          leg: command.leg,
          job: command.job,
          outcome: 'failed',
          durationMs: 0,
        });
      }
      case 'stop':
        return this.#legs.get(command.leg)?.media.stop(command.job);
      case 'pause':
      case 'resume':
        return this.#legs.get(command.leg)?.media.pause(command);
      case 'bridge':
        return this.#bridge(command);
      case 'join': {
        const leg = this.#legs.get(command.leg);
        leg?.media.open();
        leg?.media.meet(command);
        return;
      }
      case 'hold':
        return this.#legs.get(command.leg)?.hold(command.on);
      case 'leave':
        return this.#legs.get(command.leg)?.media.meet(command);
      case 'transfer': {
        const other = 'leg' in command.to ? this.#legs.get(command.to.leg)?.inDialog : undefined;
        return this.#transfers.request(command, this.#legs.get(command.leg)?.inDialog, other);
      }
      case 'transferProgress':
        return this.#transfers.progress(command);
      case 'mailbox':
        return this.#watch.obeyed(command);
      case 'unban':
        return this.#signalling.bans.lift(command.address);
      case 'probe':
        void probeTrunk(this.#signalling, this.#trunks, command.trunk).then((result) =>
          this.#emit({ kind: 'probe.done', probe: command.probe, ...result }),
        );
        return;
    }
  }

  on(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async #shutDown(): Promise<void> {
    this.#watch.close();
    const noLegs = new Promise<void>((resolve) => (this.#onNoLegs = resolve));
    for (const leg of [...this.#legs.values()]) leg.hangup({ cause: 'engine_failed', reason: 'shutting down' });
    if (this.#legs.size > 0) await noLegs;
    this.#watches.close();
    this.#signalling.bans.close();
    await this.#signalling.idle(CLOSE_WAIT_MS);
    this.#locations.close();
    this.#trunks.close();
    this.#signalling.transactions.close();
    await this.#media.close();
    await this.#transport.close();
  }

  #configure(command: Extract<EngineCommand, { kind: 'configure' }>): void {
    const { trunks, phones } = command;
    this.#trunks.configure(trunks);
    this.#watches.configure(trunks);
    this.#phones.configure(phones);
    for (const phone of [...this.#locations.phones()]) {
      if (this.#phones.get(phone) === undefined) this.#locations.forget(phone);
    }
    for (const phone of phones) this.#locations.seed(phone.id, phone.contacts ?? []);
    this.#watch.obeyed(command);
  }

  #dial(command: Extract<EngineCommand, { kind: 'dial' }>): void {
    const { leg: id, to } = command;
    // A second leg of the same name would make two ends of one.
    if (this.#legs.has(id)) return;
    const refuse = (cause: 'engine_failed' | 'congestion' | 'no_route' | 'not_registered', sipReason: string): void =>
      this.#emit({ kind: 'leg.ended', leg: id, cause, by: 'us', sipReason });
    if (this.#closing !== undefined) return refuse('engine_failed', 'shutting down');
    if (this.#isOverloaded()) return refuse('congestion', 'the engine has no room for another call');

    if ((command.maxForwards ?? MAX_FORWARDS) <= 0) return refuse('no_route', 'the call goes round in circles');

    let targets: () => Promise<InviteTarget[]>;
    switch (to.kind) {
      case 'trunk':
        if (this.#trunks.get(to.trunk) === undefined) return refuse('no_route', `no trunk ${to.trunk}`);
        targets = () => this.#trunkTargets(to.trunk, to.number);
        break;
      case 'phone': {
        const phone = this.#phones.get(to.phone);
        if (phone === undefined) return refuse('no_route', `no phone ${to.phone}`);
        const contacts = this.#phoneTargets(phone, to.number);
        if (contacts.length === 0) return refuse('not_registered', `phone ${phone.name} is not registered`);
        targets = () => Promise.resolve(contacts);
        break;
      }
      case 'uri':
        targets = () => this.#uriTargets(id, to.uri);
        break;
    }
    const { from, diversion, ringTimeoutMs, beside, maxForwards = MAX_FORWARDS } = command;
    const dial = { leg: id, from, diversion, ringTimeoutMs, maxForwards, ...(beside !== undefined && { beside }) };
    const user = to.kind === 'trunk' ? this.#userThrough(to.trunk) : this.#legUser;
    const leg = new OutgoingLeg(this.#signalling, this.#media, dial, user);
    this.#add(leg);
    if (to.kind !== 'uri') this.#origins.set(id, to);
    this.#watch.obeyed(command);
    leg.begin(targets());
  }

  /** Legs have media before they have an answer, so that they are joined the moment both can be heard. */
  #bridge(command: Extract<EngineCommand, { kind: 'bridge' }>): void {
    const leg = this.#legs.get(command.leg);
    const other = this.#legs.get(command.with);
    if (leg === undefined || other === undefined || leg === other) return;
    other.media.open(leg.id);
    leg.media.open(other.id);
    leg.media.meet(command);
  }

  /** Who is never banned (rule 13). Programs on this machine have one address. */
  #isKnown(address: string): boolean {
    return isLoopback(address) || this.#locations.isAt(address) || this.#trunks.has(address);
  }

  /** An answered call is a sign of the trunk's life. */
  #userThrough(trunk: string): LegUser {
    return {
      onEnded: (leg) => this.#onEnded(leg),
      emit: (event) => {
        if (event.kind === 'leg.answered') this.#watches.alive(trunk);
        this.#emit(event);
      },
    };
  }

  async #trunkTargets(id: string, number: string): Promise<InviteTarget[]> {
    const trunk = this.#trunks.get(id);
    if (trunk === undefined) return [];
    const { uri: proxy, peers } = await this.#trunks.locate(trunk);
    // `sips:` asks for TLS to the trunk; further on it is the trunk's to protect the call (RFC 5630 section 3.1.3).
    const transport = proxy.scheme === 'sips' ? 'tls' : proxy.params.get('transport');
    const callee: SipUri = {
      scheme: 'sip',
      user: toCalledForm(number, trunk.numbers),
      host: proxy.host,
      ...(proxy.port !== undefined && { port: proxy.port }),
      params: new Map(),
      headers: new Map(),
    };
    const { username, password } = trunk;
    const credentials = username !== undefined && password !== undefined ? { username, password } : undefined;
    const params = new Map(typeof transport !== 'string' ? [] : [['transport', transport] as const]);
    return [
      {
        uri: formatUri({ ...callee, params }),
        to: formatUri(callee),
        peers,
        trunk,
        ...(credentials !== undefined && { credentials }),
        followsSource: false,
      },
    ];
  }

  #phoneTargets({ id, name, domain }: PhoneConfig, number: string): InviteTarget[] {
    return this.#locations.bindings(id).map((contact) => {
      const { uri } = contact;
      const { host } = parseSipUri(uri);
      const callee: SipUri = {
        scheme: 'sip',
        user: number === '' ? name : number,
        host: domain ?? host,
        params: new Map(),
        headers: new Map(),
      };
      return {
        uri,
        to: formatUri(callee),
        ...(domain !== undefined && { fromHost: domain }),
        peers: contactPeers(contact),
        followsSource: true,
      };
    });
  }

  /** A number as whoever the leg is with writes it. */
  #numberFor(leg: LegId, number: string): string {
    const origin = this.#origins.get(leg);
    const trunk = origin?.kind === 'trunk' ? this.#trunks.get(origin.trunk) : undefined;
    return trunk === undefined ? number : toCalledForm(number, trunk.numbers);
  }

  async #uriTargets(leg: LegId, text: string): Promise<InviteTarget[]> {
    const uri = parseSipUri(text);
    if (uri.user?.startsWith('doctor-') === true) this.#loopbacks.set(leg, uri.user);
    return [{ uri: text, to: text, peers: await this.#resolve(uri), followsSource: false }];
  }

  #add(leg: Leg): void {
    this.#legs.set(leg.id, leg);
    this.#loadTimer ??= this.#reportLoad();
  }

  #onEnded(leg: Leg): void {
    if (!this.#legs.delete(leg.id)) return;
    this.#loopbacks.delete(leg.id);
    this.#origins.delete(leg.id);
    if (this.#legs.size > 0) return;
    this.#loadTimer?.cancel();
    this.#loadTimer = undefined;
    this.#mediaLagMs = 0;
    this.#ownLagMs = 0;
    this.#emitLoad();
    this.#onNoLegs?.();
  }

  /** Every second while there are legs; how late that second is shows how busy this thread is. */
  #reportLoad(): Timer {
    const due = this.#clock.now() + LOAD_EVERY_MS;
    return this.#clock.after(LOAD_EVERY_MS, () => {
      this.#ownLagMs = Math.max(0, this.#clock.now() - due);
      this.#emitLoad();
      this.#loadTimer = this.#reportLoad();
    });
  }

  #emitLoad(): void {
    this.#emit({ kind: 'load', legs: this.#legs.size, tickLagMs: Math.max(this.#mediaLagMs, this.#ownLagMs) });
  }

  #isOverloaded(): boolean {
    return (
      this.#closing !== undefined ||
      this.#legs.size >= this.#maxLegs ||
      Math.max(this.#mediaLagMs, this.#ownLagMs) > this.#maxTickLagMs
    );
  }

  #onMedia(event: MediaEvent): void {
    if (event.kind === 'load') this.#mediaLagMs = event.tickLagMs;
    else this.#legs.get(event.leg)?.media.receive(event);
  }

  #emit(body: EngineEventBody): void {
    if (body.kind === 'leg.ended') this.#transfers.legEnds(body.leg);
    this.#watch.observe(body);
    const event = { seq: (this.#seq += 1), at: this.#clock.now(), ...body };
    for (const listener of [...this.#listeners]) listener(event);
  }
}
