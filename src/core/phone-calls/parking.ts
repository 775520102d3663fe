import type { Timer } from '#clock.js';
import type { Prompt } from '#core/call-flow/index.js';
import { FIRST_PARKING_PLACE, LAST_PARKING_PLACE } from '#core/dial-plan/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import type { LiveLeg } from '#core/phone-calls/live-calls.js';
import { spoken } from '#core/phone-calls/obey-code.js';
import type { Party } from '#core/phone-calls/party.js';
import type { EngineEvent } from '#voice/engine.js';

/** Calls that wait in a place until somebody dials it. Places are an account's, and this process's. */
export class Parking {
  /** By account and place. */
  readonly #places = new Map<string, ParkedCall | FlowRun>();
  readonly #reserved = new Map<FlowRun, number>();

  /** A place for a call that will be transferred there while its owner listens; undefined: all are taken. */
  reserve(run: FlowRun): number | undefined {
    const place = this.#free(run);
    if (place === undefined) return undefined;
    this.#places.set(key(run, place), run);
    this.#reserved.set(run, place);
    run.caller.whenEnded(() => {
      this.#reserved.delete(run);
      if (this.#places.get(key(run, place)) === run) this.#places.delete(key(run, place));
    });
    return place;
  }

  reservedBy(run: FlowRun): number | undefined {
    return this.#reserved.get(run);
  }

  /** `by`: the phone that it rings again when nobody fetches it. Undefined: all places are taken. */
  park(leg: LiveLeg, by: Party, reserved?: number): number | undefined {
    const { run, party } = leg;
    const place = reserved ?? this.#free(run);
    if (place === undefined) return undefined;
    for (const each of [party, by]) each.send({ kind: 'leave' });
    run.stay(party);
    run.story.tell('call_park', `${by.name} parks the call in ${place}`);
    this.#wait(run, party, by.phone ?? '', place);
    return place;
  }

  /** The call that waits there, which waits no more. */
  fetch(owner: { accountId: string }, place: number): LiveLeg | undefined {
    const parked = this.#places.get(`${owner.accountId} ${place}`);
    if (!(parked instanceof ParkedCall)) return undefined;
    return { run: parked.run, party: parked.party };
  }

  /** Says to whoever parked a call where it is. */
  sayPlace(run: FlowRun, to: Party, then: () => void): void {
    const { core } = run.parts;
    const place = [...this.#places].find(([, parked]) => parked instanceof ParkedCall && parked.run === run)?.[0];
    const words: Prompt[] = [
      { text: place === undefined ? 'There is no free place.' : `Parked in ${spoken(place.split(' ')[1] ?? '')}.` },
    ];
    core.background.run('say where a call is parked', async () => {
      const clips = await run.callerSide.clips(words);
      if (!to.isEnded && clips.length > 0) to.play(clips);
      const ms = clips.reduce((sum, { pcm }) => sum + pcm.length / 8, 0);
      core.clock.after(ms, then);
    });
  }

  #wait(run: FlowRun, party: Party, phone: string, place: number): void {
    const { settings } = run.parts.configuration;
    const { clock } = run.parts.core;
    const parked = new ParkedCall(run, party, () => this.#remove(run, place, parked));
    this.#places.set(key(run, place), parked);
    run.take(parked);
    run.callerSide.wait(settings.holdMusic);
    parked.timer = clock.after(settings.parkSeconds * 1000, () => {
      run.story.tell('call_park', `Nobody fetched the call: ${phone} rings again`);
      const again = (): void => (party.isEnded ? undefined : this.#wait(run, party, phone, place));
      run.lead({ type: 'phone', id: phone }, { reached: () => undefined, failed: again });
    });
  }

  #remove(run: FlowRun, place: number, parked: ParkedCall): void {
    if (this.#places.get(key(run, place)) === parked) this.#places.delete(key(run, place));
  }

  #free(run: FlowRun): number | undefined {
    for (let place = FIRST_PARKING_PLACE; place <= LAST_PARKING_PLACE; place++) {
      if (!this.#places.has(key(run, place))) return place;
    }
    return undefined;
  }
}

/** One call that waits. */
class ParkedCall implements Activity {
  timer: Timer | undefined;

  constructor(
    readonly run: FlowRun,
    readonly party: Party,
    private readonly gone: () => void,
  ) {}

  onEvent(_event: EngineEvent, _party: Party): void {
    // It waits, whatever is pressed; whoever hangs up ends the call.
  }

  stop(): void {
    this.timer?.cancel();
    this.gone();
  }
}

function key(run: FlowRun, place: number): string {
  return `${run.row.account_id} ${place}`;
}
