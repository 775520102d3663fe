import { canRing, leadsSomewhere, ownDestination } from '#core/call-flow/ringable.js';
import { afterUser } from '#core/call-flow/belongings.js';
import { USUAL_RING_SECONDS } from '#core/call-flow/default-settings.js';
import type { Destination } from '#core/call-flow/flow-objects.js';
import type { FlowEventType, FlowInput, NotTaken, RingTarget } from '#core/call-flow/flow-step.js';
import { ringTargets, together, type Ringing } from '#core/call-flow/ring-targets.js';
import { unexpected, type FlowContext, type Move, type Stage } from '#core/call-flow/stage.js';

/** What rings outside of a group, and what comes after. */
interface Rung {
  destination: Destination;
  seconds: number;
  after: Destination | null;
}

/** An extension, a telephone elsewhere, somebody's phones, or one phone: all ring at once; then unanswered calls go on. */
export class RingStage implements Stage {
  constructor(
    private readonly context: FlowContext,
    private readonly rung: Rung,
  ) {}

  /** The stage of a destination, or where it leads if it rings nowhere. */
  static of(context: FlowContext, destination: Destination): Stage | Move {
    const { configuration } = context;
    const { objects } = configuration;
    switch (destination.type) {
      case 'extension': {
        const extension = objects.extension.get(destination.id);
        if (extension === undefined) return { go: null, otherwise: 'incomplete' };
        const { ringSeconds, noAnswer } = extension;
        const own = ownDestination(extension);
        const passes = own !== null && !canRing(configuration, own) && passesOn(context, own);
        if (passes) return { go: own, otherwise: 'incomplete' };
        return new RingStage(context, { destination, seconds: ringSeconds, after: noAnswer });
      }
      case 'forwarding_number': {
        const forwarding = objects.forwarding_number.get(destination.id);
        if (forwarding === undefined) return { go: null, otherwise: 'incomplete' };
        const { ringSeconds, noAnswer } = forwarding;
        return new RingStage(context, { destination, seconds: ringSeconds, after: noAnswer });
      }
      case 'user':
        return new RingStage(context, {
          destination,
          seconds: USUAL_RING_SECONDS,
          after: afterUser(configuration, destination.id),
        });
      case 'phone':
        return new RingStage(context, { destination, seconds: USUAL_RING_SECONDS, after: null });
      default:
        throw new Error(`a destination that does not ring: ${destination.type}`);
    }
  }

  begin(at: Date): Move {
    const { context, rung } = this;
    const ringing = ringTargets(context.configuration, rung.destination, rung.seconds);
    noteRinging(context, ringing, at);
    const targets = together(ringing.targets, false);
    if (targets.length === 0) return { go: rung.after, otherwise: 'unanswered' };
    for (const target of named(targets)) {
      noteTarget(context, target, `${target.name}: rings for ${target.seconds} s`, at);
    }
    return { step: { kind: 'ring', targets, music: null, callerId: null } };
  }

  next(input: FlowInput, at: Date): Move {
    if (input.kind === 'answered') return talk(this.context, input.target, at);
    if (input.kind !== 'unanswered') throw unexpected(input, 'ring');
    noteUnanswered(this.context, input, at);
    return { go: this.rung.after, otherwise: 'unanswered' };
  }
}

/** Of an extension that rings nowhere: whether what was chosen for it speaks to the caller, or leads on. */
function passesOn({ configuration }: FlowContext, own: Destination): boolean {
  if (own.type === 'user') return false;
  if (own.type !== 'extension') return true;
  const other = configuration.objects.extension.get(own.id);
  return other !== undefined && leadsSomewhere(configuration, other);
}

export function talk(context: FlowContext, target: RingTarget, at: Date): Move {
  context.note({
    at,
    type: 'answered',
    id: target.deviceId ?? target.userId ?? null,
    description: `Answered: ${target.name}`,
  });
  return { step: { kind: 'talk', target } };
}

/** Phones that do not ring, and why. */
export function noteRinging(context: FlowContext, { undisturbed, passedOn }: Ringing, at: Date): void {
  for (const description of passedOn) context.note({ at, type: 'call_forward', id: null, description });
  for (const phone of undisturbed) {
    context.note({ at, type: 'phone', id: phone, description: `Phone ${phone} is not to be disturbed` });
  }
}

/** What a target is in the history of the call: the device that it rings for, else whose it is. */
export function noteTarget(context: FlowContext, target: RingTarget, description: string, at: Date): void {
  const { objects } = context.configuration;
  const { deviceId, userId } = target;
  const [type, id]: [FlowEventType, number | string | null] =
    deviceId !== undefined
      ? [objects.extension.has(deviceId) ? 'user_extension' : 'forwarding_device', deviceId]
      : userId !== undefined
        ? ['user', userId]
        : ['phone', target.at.phone ?? null];
  context.note({ at, type, id, description });
}

export function noteUnanswered(context: FlowContext, input: FlowInput & { kind: 'unanswered' }, at: Date): void {
  const causes = new Map(input.causes.map(({ target, cause }) => [target, cause]));
  for (const target of named([...causes.keys()])) {
    noteTarget(context, target, `${target.name}: ${causeInWords(causes.get(target))}`, at);
  }
}

/** As the history of a call tells it. */
export function causeInWords(cause: NotTaken | undefined): string {
  return (cause === undefined ? undefined : CAUSES[cause]) ?? 'not reached';
}

const CAUSES: Partial<Record<NotTaken, string>> = {
  no_answer: 'no answer',
  canceled: 'no answer',
  busy: 'busy',
  rejected: 'declined',
  declined: 'declined',
  unallocated: 'no such number',
  no_room: 'no line free',
  no_trunk: 'no trunk leads there',
  not_in_plan: 'the plan of the account has no calls',
  not_allowed: 'calls may not go there',
  not_verified: 'not a verified number, and the account is in development',
  suppressed: 'wants no calls',
  insufficient_funds: 'the balance does not pay for it',
  congestion: 'the trunk is overloaded',
  unreachable: 'the trunk does not answer',
  forbidden: 'the trunk refused the call',
  not_registered: 'not connected',
};

/** One of each name: the phones of one person are one line in the history. */
function named(targets: readonly RingTarget[]): RingTarget[] {
  return targets.filter((target, at) => targets.findIndex(({ name }) => name === target.name) === at);
}
