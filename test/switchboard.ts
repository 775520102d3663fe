/**
 * A small switchboard over the engine's port and nothing else: phones call each other by extension and out through a
 * trunk, hold each other, transfer each other and pick each other's calls up. It keeps nothing but who is with whom.
 */
import type { Clock, Timer } from '#clock.js';
import type { AudioClip, DialTarget, Engine, EngineEvent, LegId, TransferId } from '#voice/engine.js';

export interface SwitchboardOptions {
  engine: Engine;
  clock: Clock;
  /** Phones by extension. */
  extensions: Readonly<Record<string, string>>;
  /** The way out; without it there is none. */
  trunk?: string;
  /** Whether this phone may call this number outside, itself or by a transfer (rule 12). */
  mayCall: (phone: string, number: string) => boolean;
  /** For those who are held. Without it the hold is passed on to their own phones. */
  music?: AudioClip;
}

/** One leg, and whom it is with. */
interface Party {
  leg: LegId;
  /** Undefined: somebody outside. */
  phone: string | undefined;
  number: string;
  /** It called us; otherwise we called it. */
  isCaller: boolean;
  isAnswered: boolean;
  isHeld: boolean;
  with: Party | undefined;
  /** It is being called because somebody asked for a transfer. */
  transfer: { by: LegId; id: TransferId } | undefined;
}

type EventOf<Kind extends EngineEvent['kind']> = Extract<EngineEvent, { kind: Kind }>;

const RING_TIMEOUT_MS = 60_000;
/** A phone that is told that its transfer is done hangs up by itself. Not all do. */
const LEAVES_AFTER_MS = 2_000;
const MUSIC = 'music';

export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #engine: Engine;
  readonly #parties = new Map<LegId, Party>();
  readonly #leaving = new Map<LegId, Timer>();
  readonly #removeListener: () => void;
  #dialled = 0;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#removeListener = this.#engine.on((event) => this.#hear(event));
  }

  /** The engine is its owner's to close. */
  close(): void {
    this.#removeListener();
    for (const timer of this.#leaving.values()) timer.cancel();
  }

  #hear(event: EngineEvent): void {
    if (event.kind === 'leg.incoming') return this.#onIncoming(event);
    const party = 'leg' in event ? this.#parties.get(event.leg) : undefined;
    if (party === undefined) return;
    switch (event.kind) {
      case 'leg.ringing':
        return this.#onRinging(party);
      case 'leg.early':
        return this.#onEarly(party);
      case 'leg.answered':
        return this.#onAnswered(party);
      case 'leg.ended':
        return this.#onEnded(party, event);
      case 'hold':
        return party.with === undefined ? undefined : this.#hold(party.with, event.on);
      case 'transfer.request':
        return this.#onTransfer(party, event);
      default:
        return;
    }
  }

  #onIncoming({ leg, origin, from, to, replaces }: EventOf<'leg.incoming'>): void {
    const phone = origin.kind === 'phone' ? origin.phone : undefined;
    // What a phone writes into From is its own affair: its extension is what others see.
    const number = phone === undefined ? from : (this.#extensionOf(phone) ?? from);
    const party = this.#add({ leg, phone, number, isCaller: true });
    if (replaces !== undefined) return this.#pickUp(party, this.#parties.get(replaces));
    const target = this.#route(phone, to);
    if (target === undefined) this.#engine.send({ kind: 'hangup', leg, sipCode: phone === undefined ? 480 : 404 });
    else this.#call(party, target);
  }

  #onRinging({ transfer, with: other }: Party): void {
    if (transfer !== undefined) this.#tell(transfer, 180);
    else if (other !== undefined && !other.isAnswered) this.#engine.send({ kind: 'ring', leg: other.leg });
  }

  /** What it has to say before the answer is heard by whoever waits for it. */
  #onEarly(party: Party): void {
    const other = party.with;
    if (other === undefined) return;
    this.#engine.send({ kind: 'bridge', leg: party.leg, with: other.leg });
    if (!other.isAnswered) this.#engine.send({ kind: 'early', leg: other.leg });
  }

  #onAnswered(party: Party): void {
    party.isAnswered = true;
    if (party.isCaller || party.with === undefined) return;
    if (party.transfer !== undefined) this.#succeed(party.transfer);
    party.transfer = undefined;
    this.#talk(party, party.with);
  }

  #onEnded(party: Party, { sipCode = 480 }: EventOf<'leg.ended'>): void {
    this.#parties.delete(party.leg);
    this.#leaving.get(party.leg)?.cancel();
    this.#leaving.delete(party.leg);
    const { transfer, with: other } = party;
    if (other !== undefined) other.with = undefined;
    if (transfer !== undefined) {
      this.#tell(transfer, sipCode < 300 ? 480 : sipCode);
      const asker = this.#parties.get(transfer.by);
      if (asker !== undefined && other !== undefined) return this.#talk(asker, other, { staysHeld: true });
      if (asker !== undefined) this.#leaveSoon(asker.leg);
    }
    if (other === undefined) return;
    const isRefused = other.isCaller && !other.isAnswered && sipCode >= 400;
    this.#engine.send({ kind: 'hangup', leg: other.leg, ...(isRefused && { sipCode }) });
  }

  #onTransfer(asker: Party, { transfer, to, replaces }: EventOf<'transfer.request'>): void {
    const id = { by: asker.leg, id: transfer };
    const other = asker.with;
    if (replaces !== undefined) return this.#join(asker, this.#parties.get(replaces), id);
    const target = asker.phone === undefined ? undefined : this.#route(asker.phone, to);
    if (other === undefined || target === undefined) return this.#tell(id, 603);
    asker.with = undefined;
    this.#call(other, target, id);
  }

  /** The attended transfer: whoever the asker is with, and whoever its other leg is with, are with each other. */
  #join(asker: Party, otherLeg: Party | undefined, transfer: { by: LegId; id: TransferId }): void {
    const [one, two] = [asker.with, otherLeg?.with];
    if (otherLeg === undefined || one === undefined || two === undefined || one === otherLeg) {
      return this.#tell(transfer, 481);
    }
    asker.with = undefined;
    otherLeg.with = undefined;
    this.#succeed(transfer);
    this.#leaveSoon(otherLeg.leg);
    this.#talk(one, two);
  }

  /** A phone takes a call that rings, or is spoken on, elsewhere. */
  #pickUp(party: Party, replaced: Party | undefined): void {
    const other = replaced?.with;
    if (replaced === undefined || other === undefined) {
      return this.#engine.send({ kind: 'hangup', leg: party.leg, sipCode: 481 });
    }
    if (replaced.transfer !== undefined) this.#succeed(replaced.transfer);
    replaced.transfer = undefined;
    replaced.with = undefined;
    this.#talk(party, other);
    this.#engine.send({ kind: 'hangup', leg: replaced.leg, reason: 'Call picked up' });
  }

  #call(by: Party, target: DialTarget, transfer?: { by: LegId; id: TransferId }): void {
    const leg = `switchboard-${(this.#dialled += 1)}`;
    const phone = target.kind === 'phone' ? target.phone : undefined;
    const number = phone === undefined ? '' : (this.#extensionOf(phone) ?? '');
    const party = this.#add({ leg, phone, number, isCaller: false });
    party.transfer = transfer;
    [party.with, by.with] = [by, party];
    const from = { number: by.number };
    this.#engine.send({ kind: 'dial', leg, to: target, from, ringTimeoutMs: RING_TIMEOUT_MS, beside: by.leg });
  }

  /** Those of the two who wait for our answer get it; who was held is so no more. */
  #talk(one: Party, two: Party, { staysHeld = false } = {}): void {
    [one.with, two.with] = [two, one];
    for (const party of [one, two]) {
      if (party.isCaller && !party.isAnswered) this.#engine.send({ kind: 'answer', leg: party.leg });
      if (!staysHeld) this.#hold(party, false);
    }
    this.#engine.send({ kind: 'bridge', leg: one.leg, with: two.leg });
  }

  #hold(party: Party, on: boolean): void {
    if (party.isHeld === on) return;
    party.isHeld = on;
    const { leg } = party;
    const { music } = this.#options;
    if (music === undefined) this.#engine.send({ kind: 'hold', leg, on });
    else if (on) this.#engine.send({ kind: 'play', leg, job: MUSIC, clips: [music], loop: true });
    else this.#engine.send({ kind: 'stop', leg, job: MUSIC });
  }

  #tell({ by, id }: { by: LegId; id: TransferId }, sipCode: number): void {
    this.#engine.send({ kind: 'transferProgress', leg: by, transfer: id, sipCode });
  }

  #succeed(transfer: { by: LegId; id: TransferId }): void {
    this.#tell(transfer, 200);
    this.#leaveSoon(transfer.by);
  }

  #leaveSoon(leg: LegId): void {
    if (!this.#parties.has(leg)) return;
    const timer = this.#options.clock.after(LEAVES_AFTER_MS, () => this.#engine.send({ kind: 'hangup', leg }));
    this.#leaving.set(leg, timer);
  }

  /** Extensions first; outside only for our own phones, and only what they may. */
  #route(by: string | undefined, number: string): DialTarget | undefined {
    const { extensions, trunk, mayCall } = this.#options;
    const phone = Object.hasOwn(extensions, number) ? extensions[number] : undefined;
    if (phone !== undefined) return { kind: 'phone', phone, number };
    if (trunk === undefined || by === undefined || !mayCall(by, number)) return undefined;
    return { kind: 'trunk', trunk, number };
  }

  #extensionOf(phone: string): string | undefined {
    return Object.entries(this.#options.extensions).find(([, id]) => id === phone)?.[0];
  }

  #add(party: Pick<Party, 'leg' | 'phone' | 'number' | 'isCaller'>): Party {
    const added = { ...party, isAnswered: false, isHeld: false, with: undefined, transfer: undefined };
    this.#parties.set(party.leg, added);
    return added;
  }
}
