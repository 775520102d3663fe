import type { Core } from '#core/core.js';
import { clipsOf } from '#core/sounds/index.js';
import { VISIT_LANGUAGE } from '#core/voicemail/visit-words.js';
import type { VisitLeg } from '#core/voicemail/visit-leg.js';
import type { VoicemailOwner } from '#core/voicemail/voice-message.js';
import type { AudioClip } from '#voice/engine.js';

/** Somebody who has shown the PIN of a mailbox. */
export interface Visit {
  core: Core;
  owner: VoicemailOwner;
  mailboxId: number;
  mailboxName: string;
  leg: VisitLeg;
  /** Who changes what is changed: the user whose phone it is, else the phone. */
  author: string;
  timeZone: string;
}

/** After so many questions without a key the call ends. */
export const MOST_SILENCES = 3;

export function inWords(core: Core, owner: VoicemailOwner, ...texts: string[]): Promise<AudioClip[]> {
  const prompts = texts.filter((text) => text !== '').map((text) => ({ text }));
  return clipsOf(core, owner, prompts, { language: VISIT_LANGUAGE, voice: null });
}
