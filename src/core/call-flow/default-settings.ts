import type { PhoneSystemSettings } from '#core/call-flow/flow-objects.js';

/** What holds until an account sets it. */
export const DEFAULT_SETTINGS: PhoneSystemSettings = {
  anonymousCallers: 'accept',
  anonymousMailbox: null,
  record: 'none',
  recordConsent: false,
  holdMusic: null,
  language: 'en-US',
  voice: null,
  parkSeconds: 120,
  longestCallSeconds: 4 * 3600,
};

/** How long the phones of a user ring, or one phone alone, where no extension says otherwise. */
export const USUAL_RING_SECONDS = 30;
