/** What each phone is doing, out of what the engine says of its legs: for those who watch it (RFC 4235 section 3.7.1). */
import type { EngineEventBody, LegId } from '#voice/engine.js';

/** As the phone would tell it: `initiator` called, `recipient` was called. */
export interface PhoneCall {
  leg: LegId;
  direction: 'initiator' | 'recipient';
  state: 'trying' | 'proceeding' | 'early' | 'confirmed';
  /** Whom it speaks with. */
  remote: { number: string; displayName?: string; private?: boolean };
}

export class PhoneCalls {
  readonly #onChange: (phone: string) => void;
  readonly #legs = new Map<LegId, { phone: string; call: PhoneCall }>();
  readonly #phones = new Map<string, Set<PhoneCall>>();

  constructor(onChange: (phone: string) => void) {
    this.#onChange = onChange;
  }

  of(phone: string): PhoneCall[] {
    return [...(this.#phones.get(phone) ?? [])];
  }

  begin(phone: string, leg: LegId, { direction, remote }: Pick<PhoneCall, 'direction' | 'remote'>): void {
    const call: PhoneCall = { leg, direction, remote, state: 'trying' };
    this.#legs.set(leg, { phone, call });
    this.#phones.set(phone, (this.#phones.get(phone) ?? new Set()).add(call));
    this.#onChange(phone);
  }

  /** Legs that no phone has are none of its business. */
  observe(event: EngineEventBody): void {
    switch (event.kind) {
      case 'leg.proceeding':
        return this.advance(event.leg, 'proceeding');
      case 'leg.ringing':
      case 'leg.early':
        return this.advance(event.leg, 'early');
      case 'leg.answered':
        return this.advance(event.leg, 'confirmed');
      case 'leg.ended':
        return this.#end(event.leg);
      default:
        return;
    }
  }

  advance(leg: LegId, state: PhoneCall['state']): void {
    const known = this.#legs.get(leg);
    if (known === undefined || known.call.state === state || known.call.state === 'confirmed') return;
    known.call.state = state;
    this.#onChange(known.phone);
  }

  #end(leg: LegId): void {
    const known = this.#legs.get(leg);
    if (known === undefined) return;
    this.#legs.delete(leg);
    const calls = this.#phones.get(known.phone);
    calls?.delete(known.call);
    if (calls?.size === 0) this.#phones.delete(known.phone);
    this.#onChange(known.phone);
  }
}
