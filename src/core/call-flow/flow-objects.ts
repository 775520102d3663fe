import type { CallingHours, Weekday } from '#core/calling-hours/index.js';

/** Everything that can be set about where calls lead, by kind; the bodies of `routing_objects`. */
export interface RoutingBodies {
  /** One of the account's numbers; its id is that of the number. Absent: nobody routed it yet. */
  number: NumberRouting;
  hours: Hours;
  menu: Menu;
  ring_group: RingGroup;
  extension: Extension;
  forwarding_number: ForwardingNumber;
  forwarding_schedule: ForwardingSchedule;
  mailbox: Mailbox;
  settings: PhoneSystemSettings;
}
export type RoutingKind = keyof RoutingBodies;

/** Of which an account has one, under the id 0. */
export type SingleKind = 'hours' | 'settings';

export const ROUTING_KINDS = [
  'number',
  'hours',
  'menu',
  'ring_group',
  'extension',
  'forwarding_number',
  'forwarding_schedule',
  'mailbox',
  'settings',
] as const satisfies readonly RoutingKind[];

/** Where a call goes next. Ids: of the routing object; of a user; a phone's name. */
export type Destination =
  | { type: 'hours' | 'directory' | 'hangup' }
  | { type: 'menu' | 'ring_group' | 'extension' | 'forwarding_number' | 'voicemail'; id: number }
  | { type: 'user' | 'phone'; id: string };
export type DestinationType = Destination['type'];

/** What is spoken or played: words, or a file of `sounds`. */
export type Prompt = { text: string; sound?: undefined } | { sound: number; text?: undefined };

export interface NumberRouting {
  description: string;
  /** Null: the call finds no destination, and is answered as one to an unrouted number is. */
  destination: Destination | null;
  /** Whether its calls are recorded; null: as the settings say. */
  record: boolean | null;
  /** Said to the caller before anything else. */
  welcome: Prompt | null;
}

/** Open by the week, unless that day is a holiday, unless somebody said otherwise by hand. */
export interface Hours {
  /** IANA. */
  timeZone: string;
  /** Each with its days; in any order. None: never open. */
  weekly: CallingHours[];
  holidays: Holiday[];
  /** `schedule`: by the clock. The others hold until `until`, or until they are taken back. */
  override: { mode: 'open' | 'closed'; until: string | null } | null;
  open: Destination | null;
  closed: Destination | null;
}

export interface Holiday {
  /** `2026-12-25`, in the zone of the hours; `12-25`: every year. */
  date: string;
  name: string;
  /** Open after all, for so long of the day; none: closed. */
  windows: { start: string; end: string }[];
  /** In place of `closed`. */
  destination: Destination | null;
}

export interface Menu {
  name: string;
  greeting: Prompt | null;
  options: MenuOption[];
  /** Whether an extension can be dialled at once. */
  directDial: boolean;
  /** Seconds of silence after the greeting. */
  timeoutSeconds: number;
  /** How often it is all said again, after silence and after a wrong key together. */
  repeats: number;
  /** After the last silence, and after the last wrong key; null: hang up. */
  onTimeout: Destination | null;
  onInvalid: Destination | null;
}

export interface MenuOption {
  /** `0`–`9`, `*`, `#`. */
  digit: string;
  label: string;
  /** Null: not chosen yet; a menu of a live number may have none such. */
  destination: Destination | null;
  enabled: boolean;
}

export const RING_STRATEGIES = ['all', 'sequence', 'round_robin', 'least_recent'] as const;
export type RingStrategy = (typeof RING_STRATEGIES)[number];

export interface RingGroup {
  name: string;
  strategy: RingStrategy;
  /** Pause between two rounds. */
  retryAfterSeconds: number;
  /** After so long nobody is rung any more. */
  maxHoldSeconds: number;
  /** Rounds. */
  maxAttempts: number;
  /** What those who are rung see: the caller, or one of our numbers (its id). */
  callerId: number | null;
  /** Null: the usual. */
  holdMusic: Prompt | null;
  /** Where unanswered calls go; null: incomplete. */
  destination: Destination | null;
  members: RingGroupMember[];
}

export interface RingGroupMember {
  /** Of an extension or of a forwarding number: they share their ids. */
  deviceId: number;
  enabled: boolean;
  /** Id of a forwarding schedule: rung only then. */
  scheduleId: number | null;
  /** From 1; its place in `sequence` and `round_robin`. */
  position: number;
  ringSeconds: number;
}

export interface Extension {
  /** What is dialled: 2 to 6 digits, unique in the account. */
  number: string;
  name: string;
  /** Whose it is. */
  userId: string | null;
  /** What is rung: usually its user or a phone. Null: its user's phones. */
  destination: Destination | null;
  ringSeconds: number;
  /** Where unanswered calls go; null: hang up. */
  noAnswer: Destination | null;
  /** Whether it is found by its name. */
  inDirectory: boolean;
}

/** A telephone elsewhere. */
export interface ForwardingNumber {
  /** E.164. */
  number: string;
  description: string;
  /** Whoever answers hears who calls and takes the call by key, so that no other mailbox swallows it. */
  announce: boolean;
  /** A code by which a phone passes a call on to it; digits. */
  transferCode: string | null;
  ringSeconds: number;
  /** Where unanswered calls go, if it was not rung in a group; null: hang up. */
  noAnswer: Destination | null;
}

export interface ForwardingSchedule {
  name: string;
  /** IANA; null: that of the hours. */
  timeZone: string | null;
  windows: CallingHours[];
}

export interface Mailbox {
  name: string;
  userId: string | null;
  /** Null: the usual words. */
  greeting: Prompt | null;
  /** A message ends after so long, or after so much silence. */
  maxSeconds: number;
  silenceSeconds: number;
  transcribe: boolean;
  emails: string[];
  attachAudio: boolean;
}

export interface PhoneSystemSettings {
  anonymousCallers: 'accept' | 'reject' | 'voicemail';
  /** Where they go if `voicemail`. */
  anonymousMailbox: number | null;
  record: 'none' | 'incoming' | 'outgoing' | 'all';
  /** The account has everybody's consent in writing: nothing is said (rule 10). */
  recordConsent: boolean;
  holdMusic: Prompt | null;
  /** BCP 47, and a voice of core/speech; null: the usual of the language. */
  language: string;
  voice: string | null;
  /** Seconds until a parked call rings back at whoever parked it. */
  parkSeconds: number;
  longestCallSeconds: number;
}

export type { CallingHours, Weekday };
