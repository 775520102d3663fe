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
