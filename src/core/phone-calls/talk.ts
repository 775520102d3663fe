import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';
import type { EngineEvent, LegEnded } from '#voice/engine.js';

/** Two parties who hear each other, until one of them leaves. Holds and keys are passed on. */
export class Talk implements Activity {
  constructor(
    readonly one: Party,
    readonly two: Party,
    private readonly left: (who: Party, event: LegEnded) => void,
    private readonly does: {
      /** The other one's far end has put the call on hold, or takes it back. */
      hold(party: Party, on: boolean): void;
      key(by: Party, to: Party, key: Extract<EngineEvent, { kind: 'dtmf' }>): void;
    },
  ) {
    one.send({ kind: 'bridge', with: two.leg });
  }

  onEvent(event: EngineEvent, party: Party): void {
    const other = this.otherOf(party);
    if (other === undefined) return;
    if (event.kind === 'hold') this.does.hold(other, event.on);
    else if (event.kind === 'dtmf') this.does.key(party, other, event);
    else if (event.kind === 'leg.ended') this.left(party, event);
  }

  stop(): void {
    // Whoever is bridged or plays next takes the bridge's place.
  }

  /** Undefined: it is not one of the two. */
  otherOf(party: Party): Party | undefined {
    if (party === this.one) return this.two;
    return party === this.two ? this.one : undefined;
  }
}
