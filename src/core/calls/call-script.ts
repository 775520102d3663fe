/** What a call says and does, fixed when it is accepted and stored with it. */
export interface CallScript {
  /** Spoken text with the variables filled in; either this or `audioUrl`. */
  message?: string;
  /** A WAV or MP3 to fetch before dialling. */
  audioUrl?: string;
  /** The voice as asked for, and the one that speaks; `degraded` when a lesser one stands in. */
  voice: { asked: string; used: string; degraded: boolean };
  /** What a machine that answers is told; undefined: nobody listens for machines. */
  machine?: MachinePlan;
  /** One action per key: `0`–`9`, `*`, `#`. */
  keys: Record<string, KeyAction>;
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
