import type { Destination, Prompt } from '#core/call-flow/flow-objects.js';
import type { EndCause } from '#voice/engine.js';

/** What is to be done with a call next. The one who does it tells the machine what came of it, and is given the next. */
export type FlowStep =
  /** Play it to the end. -> `played` */
  | { kind: 'play'; prompts: Prompt[] }
  /** Play, and wait for keys; the first one stops the sound. -> `keys`, with none after `firstKeySeconds`. */
  | {
      kind: 'gather';
      prompts: Prompt[];
      firstKeySeconds: number;
      /** Between two keys. */
      nextKeySeconds: number;
      mostKeys: number;
      /** Whether these keys are one whole answer, so that nobody waits for more. */
      isComplete(keys: string): boolean;
    }
  /** Ring all of them at once. -> `answered` by the first who takes the call, or `unanswered`. */
  | {
      kind: 'ring';
      targets: RingTarget[];
      /** What the caller hears meanwhile; null: the ringing tone. */
      music: Prompt | null;
      groupId?: number;
      /** Shown to those who are rung: a number of ours in E.164; null: the caller's. */
      callerId: string | null;
    }
  /** Nobody is rung for a while. -> `waited` */
  | { kind: 'hold'; seconds: number; music: Prompt | null }
  /** The caller speaks to a mailbox. -> `recorded` */
  | { kind: 'voicemail'; mailboxId: number }
  /** Somebody took it: the machine has no more part in it. */
  | { kind: 'talk'; target: RingTarget }
  | { kind: 'hangup'; reason: HangupReason };

/** `incomplete`: it led to something that is not there. `too_many_steps`: nobody decided anything for too long. */
export type HangupReason =
  | 'hangup'
  | 'unanswered'
  | 'timeout'
  | 'invalid_key'
  | 'incomplete'
  | 'too_many_steps'
  | 'voicemail_left'
  | 'blocked'
  | 'not_in_plan';

/**
 * Why no leg leaves for a number outside. `not_allowed`: the outbound rule (rule 12). `suppressed`: whoever is there wants no calls
 * (rule 3). `not_verified`: the account's stage. `no_room`: all channels are taken, or the pace lets none leave in time.
 */
export type NoWay =
  'not_in_plan' | 'not_allowed' | 'not_verified' | 'suppressed' | 'insufficient_funds' | 'no_room' | 'no_trunk';

/** Why somebody who was rung did not take the call. */
export type NotTaken = EndCause | NoWay | 'declined';

export interface RingTarget {
  /** A phone of ours by its name, or a number outside in E.164. */
  at: { phone: string; number?: undefined } | { number: string; phone?: undefined };
  /** The extension or forwarding number that it is rung for; undefined: rung as a user's or by itself. */
  deviceId: number | undefined;
  userId: string | undefined;
  /** As people know it: "Anna (101)". */
  name: string;
  seconds: number;
  /** Whoever answers hears who calls and takes the call with 1. */
  announce: boolean;
}

export type FlowInput =
  | { kind: 'played' | 'waited' | 'recorded' }
  | { kind: 'keys'; keys: string }
  | { kind: 'answered'; target: RingTarget }
  | {
      kind: 'unanswered';
      causes: { target: RingTarget; cause: NotTaken }[];
    };

/** One thing that happened to a call, as its history tells it. */
export interface FlowEvent {
  at: Date;
  type: FlowEventType;
  /** Of what, where it is something of the configuration. */
  id: number | string | null;
  /** A sentence: `Menu "Main": key 2, Sales`. */
  description: string;
}

export const FLOW_EVENT_TYPES = [
  'virtual_number',
  'hours',
  'menu',
  'directory',
  'ring_group',
  'user_extension',
  'forwarding_device',
  'user',
  'phone',
  'call_forward',
  'call_transfer',
  'call_park',
  'call_pickup',
  'recording',
  'answered',
  'voicemail',
  'blocked',
  'outbound',
  'emergency',
  'hangup',
] as const;
export type FlowEventType = (typeof FLOW_EVENT_TYPES)[number];

/** Who calls whom. */
export interface FlowCall {
  /** Where it begins: usually the number that was called. */
  begin: { numberId: number } | { destination: Destination };
  /** E.164 or an extension; undefined: not shown. */
  caller: string | undefined;
  callerName: string | undefined;
  /** `inside`: from a phone of ours. */
  from: 'outside' | 'inside';
}

/** What was before, where a strategy depends on it. */
export interface FlowMemory {
  /** By group and device. */
  turns(groupId: number, deviceId: number): { rungAt: Date; answeredAt: Date | undefined } | undefined;
}
