/** Core's words for what leads calls, as this door calls them. */
export const ROUTING_WORDS: Readonly<Record<string, string>> = {
  numbers: 'virtualNumbers',
  mailboxes: 'voiceMailboxes',
  timeZone: 'timezone',
  // Of a span of the week, and where the hours lead.
  start: 'open',
  end: 'close',
  open: 'openDestination',
  closed: 'closedDestination',
  timeoutSeconds: 'timeout',
  onTimeout: 'timeoutDestination',
  onInvalid: 'invalidDestination',
  retryAfterSeconds: 'retryAfter',
  maxHoldSeconds: 'maxHoldTime',
  deviceId: 'forwardingDeviceId',
  scheduleId: 'forwardingSchedule',
  position: 'sequencePosition',
  ringSeconds: 'ringTimeout',
  noAnswer: 'noAnswerDestination',
  announce: 'announceAndVoicemailEnabled',
  anonymousMailbox: 'anonymousMailboxId',
  parkSeconds: 'parkTimeout',
  longestCallSeconds: 'maxCallDuration',
};

export function inRoutingWords(path: string): string {
  return path.replace(/[A-Za-z_]+/g, (word) => ROUTING_WORDS[word] ?? word);
}

const KINDS: Readonly<Record<string, string>> = { number: 'virtual_number', mailbox: 'voice_mailbox' };

export function kindInWords(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** What was kept of an object, with its fields as this door calls them. */
export function objectInWords(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(objectInWords);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [ROUTING_WORDS[name] ?? FIELDS[name] ?? name, objectInWords(value)]),
  );
}

/** Those that no path of a problem leads to. */
const FIELDS: Readonly<Record<string, string>> = {
  maxSeconds: 'maxDuration',
  silenceSeconds: 'silenceTimeout',
  transcribe: 'transcription',
  sound: 'soundId',
};
