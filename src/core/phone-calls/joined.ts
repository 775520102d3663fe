import type { Activity } from '#core/phone-calls/activity.js';
import type { CallRecording } from '#core/phone-calls/call-recording.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import type { LiveLeg } from '#core/phone-calls/live-calls.js';
import type { Party } from '#core/phone-calls/party.js';
import { Talk } from '#core/phone-calls/talk.js';
import type { EngineEvent } from '#voice/engine.js';

/**
 * Two parties of two calls who hear each other: whoever brought them together has left. Each call goes on to its own end,
 * with its own history and costs, and ends with the other.
 */
export class Joined implements Activity {
  private constructor(
    readonly own: LiveLeg,
    readonly other: LiveLeg,
    private readonly bond: { holds: boolean },
  ) {
    own.party.whenEnded(() => {
      if (bond.holds) other.run.end('callee_hung_up');
    });
  }

  static between(one: LiveLeg, two: LiveLeg): void {
    one.run.stay(one.party);
    two.run.stay(two.party);
    for (const { party } of [one, two]) party.resume();
    const bond = { holds: true };
    one.run.take(new Joined(one, two, bond));
    two.run.take(new Joined(two, one, bond));
    one.party.send({ kind: 'bridge', with: two.party.leg });
    one.run.record(two.party);
    two.run.record(one.party);
  }

  onEvent(event: EngineEvent, party: Party): void {
    if (party !== this.own.party || !this.bond.holds) return;
    if (event.kind === 'hold') this.other.run.putOnHold(this.other.party, event.on);
    else if (event.kind === 'dtmf') this.own.run.keys.press(party, this.other.party, event);
  }

  get holds(): boolean {
    return this.bond.holds;
  }

  stop(): void {
    // It goes on with something else: unless its party leaves, the other call is not to end with it.
    const { party, run } = this.own;
    if (!party.isEnded && !party.isLeaving && !run.isEnding) this.bond.holds = false;
  }
}

/** Who hear each other now. */
export function speakersOf(activity: Activity | undefined): Party[] {
  if (activity instanceof Talk) return [activity.one, activity.two];
  return activity instanceof Joined && activity.holds ? [activity.own.party, activity.other.party] : [];
}

/** What is recorded of whoever speaks in this call, by it or by the one that it is joined with; undefined: nothing. */
export function recordingOf({ activity, recording }: FlowRun): CallRecording | undefined {
  const others = activity instanceof Joined && activity.holds ? [activity.other.run.recording] : [];
  return [recording, ...others].find(({ isRunning }) => isRunning);
}

/** Whom a party speaks with, in whichever call they are; undefined: with nobody. */
export function partnerOf({ run, party }: LiveLeg): LiveLeg | undefined {
  const { activity } = run;
  if (activity instanceof Joined) return activity.holds && party === activity.own.party ? activity.other : undefined;
  const other = activity instanceof Talk ? activity.otherOf(party) : undefined;
  return other === undefined || other.isEnded ? undefined : { run, party: other };
}
