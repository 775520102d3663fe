import type { RingGroup, RingGroupMember } from '#core/call-flow/flow-objects.js';
import type { FlowInput } from '#core/call-flow/flow-step.js';
import { scheduleIsOpen } from '#core/call-flow/hours-state.js';
import { noteRinging, noteTarget, noteUnanswered, talk } from '#core/call-flow/ring-stage.js';
import { ringTargets, together, type Ringing } from '#core/call-flow/ring-targets.js';
import { unexpected, type FlowContext, type Move, type Stage } from '#core/call-flow/stage.js';

/** A group: its members ring, all at once or one after the other, in rounds, until one answers or it has been long enough. */
export class RingGroupStage implements Stage {
  #round = 0;
  #startedAt = 0;
  /** Of this round, not rung yet. */
  #waiting: RingGroupMember[] = [];
  #rangInRound = false;

  constructor(
    private readonly context: FlowContext,
    private readonly id: number,
    private readonly group: RingGroup,
  ) {}

  begin(at: Date): Move {
    this.#startedAt = at.getTime();
    const description = `Ring group "${this.group.name}"`;
    this.context.note({ at, type: 'ring_group', id: this.id, description });
    return this.#beginRound(at);
  }

  next(input: FlowInput, at: Date): Move {
    switch (input.kind) {
      case 'answered':
        return talk(this.context, input.target, at);
      case 'unanswered':
        noteUnanswered(this.context, input, at);
        return this.#ringNext(at);
      case 'waited':
        return this.#beginRound(at);
      default:
        throw unexpected(input, 'ring a group');
    }
  }

  #beginRound(at: Date): Move {
    this.#round++;
    this.#rangInRound = false;
    this.#waiting = this.#members(at);
    return this.#ringNext(at);
  }

  /** Who takes part now, in the order of this call. */
  #members(at: Date): RingGroupMember[] {
    const { objects, hours } = this.context.configuration;
    const open = this.group.members.filter(({ enabled, scheduleId }) => {
      const schedule = scheduleId === null ? undefined : objects.forwarding_schedule.get(scheduleId);
      return enabled && (schedule === undefined || scheduleIsOpen(schedule, hours?.timeZone, at));
    });
    const inOrder = open.sort((a, b) => a.position - b.position);
    if (this.group.strategy === 'round_robin') return this.#afterLastRung(inOrder);
    if (this.group.strategy === 'least_recent') return this.#longestIdle(inOrder);
    return inOrder;
  }

  /** From whoever comes after the one who was rung last. */
  #afterLastRung(members: RingGroupMember[]): RingGroupMember[] {
    const rungAt = ({ deviceId }: RingGroupMember): number =>
      this.context.memory.turns(this.id, deviceId)?.rungAt.getTime() ?? 0;
    const last = members.reduce((latest, member, at) => {
      const before = members[latest];
      return before === undefined ? (rungAt(member) > 0 ? at : latest) : rungAt(member) >= rungAt(before) ? at : latest;
    }, -1);
    return [...members.slice(last + 1), ...members.slice(0, last + 1)];
  }

  /** Who has not spoken for the longest first; who never has before them. */
  #longestIdle(members: RingGroupMember[]): RingGroupMember[] {
    const answeredAt = ({ deviceId }: RingGroupMember): number =>
      this.context.memory.turns(this.id, deviceId)?.answeredAt?.getTime() ?? 0;
    return members.sort((a, b) => answeredAt(a) - answeredAt(b));
  }

  #ringNext(at: Date): Move {
    const left = this.group.maxHoldSeconds - (at.getTime() - this.#startedAt) / 1000;
    if (left < 1) return this.#giveUp(`nobody answered within ${this.group.maxHoldSeconds} s`, at);
    while (this.#waiting.length > 0) {
      const count = this.group.strategy === 'all' ? this.#waiting.length : 1;
      const ringing = this.#targetsOf(this.#waiting.splice(0, count), left);
      noteRinging(this.context, ringing, at);
      const targets = together(ringing.targets, true);
      if (targets.length === 0) continue;
      this.#rangInRound = true;
      if (this.group.strategy === 'all') this.#note(`${targets.length} ring (round ${this.#round})`, at);
      else
        for (const target of targets.slice(0, 1))
          noteTarget(this.context, target, `${target.name}: rings for ${target.seconds} s`, at);
      const callerId = this.#callerId();
      return { step: { kind: 'ring', targets, music: this.#music(), groupId: this.id, callerId } };
    }
    if (!this.#rangInRound) return this.#giveUp('nobody can be rung', at);
    if (this.#round >= this.group.maxAttempts) return this.#giveUp('nobody answered', at);
    const seconds = Math.min(this.group.retryAfterSeconds, Math.floor(left));
    return seconds === 0 ? this.#beginRound(at) : { step: { kind: 'hold', seconds, music: this.#music() } };
  }

  #targetsOf(members: readonly RingGroupMember[], left: number): Ringing {
    const { configuration } = this.context;
    const all: Ringing = { targets: [], undisturbed: [], passedOn: [] };
    for (const { deviceId, ringSeconds } of members) {
      const type = configuration.objects.extension.has(deviceId) ? 'extension' : 'forwarding_number';
      const seconds = Math.min(ringSeconds, Math.floor(left));
      const one = ringTargets(configuration, { type, id: deviceId }, seconds, deviceId);
      all.targets.push(...one.targets);
      all.undisturbed.push(...one.undisturbed);
      all.passedOn.push(...one.passedOn);
    }
    return all;
  }

  #giveUp(why: string, at: Date): Move {
    this.#note(why, at);
    return { go: this.group.destination, otherwise: 'unanswered' };
  }

  #note(what: string, at: Date): void {
    this.context.note({ at, type: 'ring_group', id: this.id, description: `Ring group "${this.group.name}": ${what}` });
  }

  #music() {
    return this.group.holdMusic ?? this.context.configuration.settings.holdMusic;
  }

  #callerId(): string | null {
    const { callerId } = this.group;
    return callerId === null ? null : (this.context.configuration.numbers.get(callerId) ?? null);
  }
}
