import type { EventType } from '#core/events.js';

const CALL = {
  purpose: 'person',
  createdAt: '2026-09-20T15:04:05.000Z',
  direction: 'out',
  callerName: null,
  result: 'answered',
  to: '+15005550001',
  from: '+15005550100',
  durationSeconds: 12,
  digits: '',
  actedDigit: null,
  answeredBy: 'human',
  messageLeft: null,
  reason: null,
  reasonText: null,
  sipCode: 200,
  sipReason: 'OK',
  attempts: 1,
  metadata: null,
};
const UNANSWERED = { ...CALL, result: 'missed', durationSeconds: 0, answeredBy: 'unknown' };
const VERIFICATION = { to: '+15005550001', clientSupplied: false };
const MESSAGE = {
  purpose: 'person',
  createdAt: '2026-09-20T15:04:05.000Z',
  to: '+15005550001',
  from: '+15005550100',
  text: 'Hello.',
  segments: 1,
  encoding: 'gsm7',
  reason: null,
  carrierCode: null,
  metadata: null,
  batchId: null,
  campaignId: null,
};
const CONSENT = { address: '+15005550001', from: '+15005550100', scope: 'outreach', channel: 'all', metadata: null };
const CAMPAIGN = { name: 'An example', channel: 'voice', total: 3, metadata: null };
const TROUBLE = { kind: 'trunk_down', name: 'carrier', since: '2026-09-20T15:04:05.000Z' };

const IMPORT = {
  kind: 'contacts',
  uploadId: 'upl_example',
  targetId: null,
  rows: { read: 3, created: 2, changed: 0, duplicate: 0, refused: 1 },
};

/** The data of events as they happen, for trying an endpoint. */
export const SAMPLES: Partial<Record<EventType, Record<string, unknown>>> = {
  'call.answered': { ...UNANSWERED, status: 'answered', durationSeconds: null },
  'call.digit': { ...CALL, status: 'answered', digit: '1', via: 'rtp', action: 'webhook' },
  'call.dialing': { ...UNANSWERED, status: 'dialing', durationSeconds: null, sipCode: null, sipReason: null },
  'call.completed': { ...CALL, status: 'completed' },
  'call.voicemail': { ...CALL, status: 'voicemail', answeredBy: 'machine', messageLeft: true },
  'call.no_answer': { ...UNANSWERED, status: 'no_answer', sipCode: 487, sipReason: 'Request Terminated' },
  'call.failed': { ...UNANSWERED, status: 'failed', sipCode: 503, sipReason: 'Service Unavailable' },
  'call.canceled': { ...UNANSWERED, status: 'canceled', sipCode: null, sipReason: null },
  'verification.delivered': VERIFICATION,
  'verification.failed': { ...VERIFICATION, reason: 'no_answer' },
  'verification.checked': { ...VERIFICATION, verified: true },
  'contact.created': {
    phone: '+15005550001',
    name: 'Sarah Example',
    company: null,
    email: 'sarah@example.com',
    city: null,
    region: null,
    country: null,
  },
  'voicemail.received': {
    mailboxName: 'Sales',
    callerName: null,
    from: '+15005550001',
    to: '+15005550100',
    durationSeconds: 8,
    transcript: 'Hello.',
  },
  'message.received': { ...MESSAGE, from: '+15005550001', to: '+15005550100', status: 'received' },
  'message.sent': { ...MESSAGE, status: 'sent' },
  'message.delivered': { ...MESSAGE, status: 'delivered' },
  'message.failed': { ...MESSAGE, status: 'undelivered', reason: 'undelivered' },
  'contact.opted_out': { ...CONSENT, source: 'text' },
  'contact.opted_in': { ...CONSENT, source: 'text' },
  'campaign.started': { ...CAMPAIGN, status: 'running' },
  'campaign.paused': { ...CAMPAIGN, status: 'paused' },
  'campaign.completed': { ...CAMPAIGN, status: 'completed' },
  'campaign.canceled': { ...CAMPAIGN, status: 'canceled' },
  'import.completed': { ...IMPORT, status: 'completed', error: null },
  'trouble.began': { ...TROUBLE, detail: 'It does not answer.' },
  'trouble.ended': { ...TROUBLE, detail: 'It answers.' },
  'import.failed': { ...IMPORT, status: 'failed', error: 'The file is empty: its first line names the columns.' },
};
