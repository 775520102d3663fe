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

const AT = '2026-09-20T15:04:05.000Z';
const OF_SITE = { site: 'demo', currency: 'USD', timeZone: 'UTC' };
const ADVOCATE = {
  ...{ id: 1, email: 'sarah@example.com', phone: null, username: null, customerId: null, firstName: 'Sarah' },
  ...{ lastName: 'Example', properties: {}, subChoice: null, subscribedAt: null, optedInAt: null },
  ...{ unsubscribedAt: null, createdAt: AT },
};
const FRIEND = { ...ADVOCATE, id: 2, email: 'tom@example.com', firstName: 'Tom' };
const NEW = { referrals: { total: 0, approved: 0, pending: 0 }, member: null };
const STANDING = {
  referrals: { total: 2, approved: 1, pending: 1 },
  member: { id: 10, active: true, points: 100, dates: { birthday: '1990-04-01' }, joinedAt: AT },
};
const REFERRAL_CAMPAIGN = {
  ...{ id: 3, slug: 'give-10-get-10', name: 'Give 10, get 10', kind: 'invite', status: 'live', tags: ['default'] },
};
const OFFER = {
  ...{ id: 4, code: 'abcdefgh23', claimLink: 'https://example.com/r/abcdefgh23' },
  ...{ advocatePage: 'https://example.com/o/abcdefgh23', trafficSource: null, expiresAt: null, createdAt: AT },
};
const ORIGIN = {
  ...{
    id: 5,
    kind: 'purchase',
    category: '',
    number: '1001',
    personId: 2,
    subtotal: 5000,
    couponCodes: ['FRDEXAMPLE'],
  },
  ...{ items: [], visitor: null, ip: null, trafficSource: null, labels: {}, tags: [], happenedAt: AT, createdAt: AT },
  ...{ refundedAt: null, refunded: null },
};
const JOINED = { ...ORIGIN, kind: 'affiliate_member', number: '1', personId: 1, subtotal: null, couponCodes: [] };
const REWARD = {
  ...{ id: 6, reason: 'referrer', status: 'paid', incentive: 'advocate', kind: 'discount_coupon', amount: 1000 },
  ...{ percentage: null, description: '$10 off', coupon: { id: 7, code: 'ADVEXAMPLE' } },
};
const REFERRAL = {
  ...OF_SITE,
  referral: { id: 8, status: 'approved', trackMethod: 'cookie', channel: 'facebook' },
  ...{ campaign: REFERRAL_CAMPAIGN, offer: OFFER, advocate: ADVOCATE, friend: FRIEND, origin: ORIGIN },
  ...{ advocateRewards: [REWARD], friendRewards: [] },
};
const COUPON_LIST = {
  ...{ id: 9, name: 'Friends', amount: 1000, percentage: null, singleUse: true, usageLimit: null, expiresAt: null },
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
  'advocate.joined': {
    ...{ ...OF_SITE, campaign: REFERRAL_CAMPAIGN, offer: OFFER, person: ADVOCATE },
    ...{ origin: JOINED, standing: STANDING },
  },
  'friend.joined': {
    ...OF_SITE,
    campaign: REFERRAL_CAMPAIGN,
    offer: OFFER,
    person: FRIEND,
    ip: '192.0.2.1',
    standing: NEW,
  },
  'offer.shared': {
    ...{ ...OF_SITE, campaign: REFERRAL_CAMPAIGN, offer: OFFER, person: ADVOCATE, channel: 'email' },
    ...{ link: 'https://example.com/s/abcdefgh2345', recipients: ['tom@example.com'], origin: JOINED },
  },
  'origin.registered': { ...OF_SITE, person: FRIEND, origin: ORIGIN },
  'referral.created': { ...REFERRAL, referral: { ...REFERRAL.referral, status: 'pending' }, advocateRewards: [] },
  'referral.approved': REFERRAL,
  'referral.status_changed': REFERRAL,
  'reward.given': {
    ...OF_SITE,
    campaign: REFERRAL_CAMPAIGN,
    offer: OFFER,
    person: ADVOCATE,
    origin: ORIGIN,
    reward: REWARD,
  },
  'site_person.unsubscribed': { ...OF_SITE, person: { ...FRIEND, unsubscribedAt: AT } },
  'site_person.opted_in': { ...OF_SITE, person: { ...FRIEND, optedInAt: AT } },
  'coupons.wanted': { ...OF_SITE, list: COUPON_LIST, code: 'EXAMPLE234', wanted: 15, neededNow: false, person: null },
  'loyalty.acted': {
    ...{ ...OF_SITE, person: ADVOCATE },
    action: { kind: 'collect', action: 'purchase', points: 50, balanceAfter: 150, createdAt: AT },
  },
  'trouble.began': { ...TROUBLE, detail: 'It does not answer.' },
  'trouble.ended': { ...TROUBLE, detail: 'It answers.' },
  'import.failed': { ...IMPORT, status: 'failed', error: 'The file is empty: its first line names the columns.' },
};
