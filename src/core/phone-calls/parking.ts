import type { Timer } from '#clock.js';
import type { Prompt } from '#core/call-flow/index.js';
import { FIRST_PARKING_PLACE, LAST_PARKING_PLACE } from '#core/dial-plan/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import type { LiveLeg } from '#core/phone-calls/live-calls.js';
import type { Party } from '#core/phone-calls/party.js';
import { phoneWords, readOut } from '#core/phone-calls/phone-words.js';

/** Calls that wait in a place until somebody dials it. Places are an account's, and this process's. */
export class Parking {
  /** By account and place. */
  readonly #places = new Map<string, Place>();
  readonly #reserved = new Map<FlowRun, number>();

  /** A place for a call that will be transferred there while its owner listens; undefined: all are taken. */
  reserve(run: FlowRun): number | undefined {
    const place = this.#next(run);
    if (place === undefined) return undefined;
    const kept: Place = { number: place, run, waits: undefined };
    this.#places.set(key(run, place), kept);
    this.#reserved.set(run, place);
    run.caller.whenEnded(() => {
      this.#reserved.delete(run);
      this.#free(kept);
    });
    return place;
  }

  reservedBy(run: FlowRun): number | undefined {
    return this.#reserved.get(run);
  }

  /** `by`: the phone that it rings again when nobody fetches it. Undefined: all places are taken. */
  park(leg: LiveLeg, by: Party, reserved?: number): number | undefined {
    const { run, party } = leg;
    const place = reserved ?? this.#next(run);
    if (place === undefined) return undefined;
    for (const each of [party, by]) each.send({ kind: 'leave' });
    run.stay(party);
    run.story.tell('call_park', `${by.name} parks the call in ${place}`);
    const taken: Place = { number: place, run, waits: party };
    this.#places.set(key(run, place), taken);
    party.whenEnded(() => this.#free(taken));
    this.#wait(taken, party, by.phone ?? '');
    return place;
  }

  /** The call that waits there, or rings back at whoever parked it. */
  fetch(owner: { accountId: string }, place: number): LiveLeg | undefined {
    const { run, waits } = this.#places.get(`${owner.accountId} ${place}`) ?? {};
    return run === undefined || waits === undefined ? undefined : { run, party: waits };
  }

  /** Says to whoever parked a call where it is. */
  sayPlace(run: FlowRun, to: Party, place: number, then: () => void): void {
    const { core } = run.parts;
    const words: Prompt[] = [
      { text: phoneWords(run.parts.configuration.settings.language).parkedIn(readOut(String(place))) },
    ];
    core.background.run('say where a call is parked', async () => {
      const clips = await run.callerSide.clips(words);
      if (!to.isEnded && clips.length > 0) to.play(clips);
      const ms = clips.reduce((sum, { pcm }) => sum + pcm.length / 8, 0);
      core.clock.after(ms, then);
    });
  }

  /** The place stays the call's while it rings back: whoever dials it then fetches it all the same. */
  #wait(place: Place, party: Party, phone: string): void {
    const { run } = place;
    const { settings } = run.parts.configuration;
    const { clock } = run.parts.core;
    const parked = new ParkedCall(() => this.#free(place));
    run.take(parked);
    run.callerSide.wait(settings.holdMusic);
    parked.timer = clock.after(settings.parkSeconds * 1000, () => {
      run.story.tell('call_park', `Nobody fetched the call: ${phone} rings again`);
      parked.goesOn();
      run.lead(
        { type: 'phone', id: phone },
        {
          reached: () => this.#free(place),
          failed: () => (party.isEnded ? undefined : this.#wait(place, party, phone)),
        },
      );
    });
  }

  #free(place: Place): void {
    const at = key(place.run, place.number);
    if (this.#places.get(at) === place) this.#places.delete(at);
  }

  #next(run: FlowRun): number | undefined {
    for (let place = FIRST_PARKING_PLACE; place <= LAST_PARKING_PLACE; place++) {
      if (!this.#places.has(key(run, place))) return place;
    }
    return undefined;
  }
}

interface Place {
  number: number;
  run: FlowRun;
  /** Undefined: it is kept for a call that will be transferred there. */
  waits: Party | undefined;
}

/** One call that waits. */
class ParkedCall implements Activity {
  timer: Timer | undefined;
  #gone: () => void;

  constructor(gone: () => void) {
    this.#gone = gone;
  }

  /** What it does next is part of its waiting. */
  goesOn(): void {
    this.#gone = () => undefined;
  }

  onEvent(): void {
    // It waits, whatever is pressed; whoever hangs up ends the call.
  }

  stop(): void {
    this.timer?.cancel();
    this.#gone();
  }
}

function key(run: FlowRun, place: number): string {
  return `${run.row.account_id} ${place}`;
}
