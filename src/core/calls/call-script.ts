/** What a call says and does, fixed when it is accepted and stored with it. */
export type CallScript = MessageScript | CodeScript | ConnectScript | FlowScript;

/** Speaks a one-time code, once somebody is known to listen (rule 16). The code itself stands with its verification. */
export interface CodeScript {
  kind: 'code';
  verification: string;
  /** BCP 47; of the digits and the sentences around them. */
  language: string;
  voice: SpokenBy;
  /** How often the code is read. */
  readings: number;
  /** What happens when it may not be a person: the verification fails, or whoever listens is asked to press 1. */
  onMachine: 'fail' | 'press_1';
  /** It proves that the number is the account's, which may reach nobody else yet. */
  provesNumber?: boolean;
}

/** Rings phones of ours, then calls the number for the one that answers first, and lets both speak. */
export interface ConnectScript {
  kind: 'connect';
  user?: { id: string; name: string };
  group?: { id: string; name: string };
  phones: { phone: string; userId: string; userName: string }[];
}

/** Leads to people by the account's own configuration, which is read anew at each call. */
export interface FlowScript {
  kind: 'flow';
  /** The phone of ours that calls, by its name; undefined: somebody outside does. */
  phone?: string;
}

/** The voice as asked for, and the one that speaks; `degraded` when a lesser one stands in. */
export interface SpokenBy {
  asked: string;
  used: string;
  degraded: boolean;
}

/** Speaks a message and obeys keys (rule 8). Calls of old carry no kind. */
export interface MessageScript {
  kind?: 'message';
  /** Spoken text with the variables filled in; either this or `audioUrl`. */
  message?: string;
  /** A WAV or MP3 to fetch before dialling. */
  audioUrl?: string;
  voice: SpokenBy;
  /** What a machine that answers is told; undefined: nobody listens for machines. */
  machine?: MachinePlan;
  /** One action per key: `0`–`9`, `*`, `#`. */
  keys: Record<string, KeyAction>;
  /** It says who is calling and how to stop it (rule 5), beside what it has to say; one of its keys is an opt-out. */
  marketing?: true;
}

export interface KeyAction {
  action: 'webhook' | 'optout' | 'repeat' | 'hangup';
  /** For `webhook`: where the key press is reported at once. */
  url?: string;
  /** A sentence spoken after the key. */
  say?: string;
  /** What follows the key. Default: hang up. */
  then?: 'hangup' | 'repeat' | 'continue';
}

export const ON_MACHINE = ['leave_message', 'hangup', 'continue'] as const;

export interface MachinePlan {
  /** `leave_message`: after the beep. `continue`: as if it were a person. */
  on: (typeof ON_MACHINE)[number];
  /** In place of the message, with the variables filled in. */
  message?: string;
}
