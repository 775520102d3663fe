import type { Mailbox } from '#core/call-flow/index.js';

/** Of a mailbox of which nobody says otherwise. */
export const USUAL_MAILBOX: Omit<Mailbox, 'name'> = {
  userId: null,
  greeting: null,
  maxSeconds: 180,
  silenceSeconds: 5,
  transcribe: true,
  emails: [],
  attachAudio: true,
};
