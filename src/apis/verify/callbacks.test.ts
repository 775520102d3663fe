import { createHmac } from 'node:crypto';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { ENDPOINT_WEBHOOKS, INTEGRATION_WEBHOOKS, VERIFY_WEBHOOKS } from '#apis/verify/callbacks.js';
import type { Event, EventType } from '#core/events.js';
import { SAMPLES } from '#core/webhooks/index.js';

const AT = new Date('2026-03-02T15:00:00.987Z');

function event(type: EventType, more: Record<string, unknown> = {}): Event {
  const data = { ...SAMPLES[type], ...more };
  return { id: 'evt_1', accountId: 'acc_1', mode: 'live', type, subject: 'sub_1', data, at: AT };
}

describe.each([
  ['endpoint webhooks', ENDPOINT_WEBHOOKS, '', 'telroi-signature', 'Telroi-Webhooks/1'],
  ['integration events', INTEGRATION_WEBHOOKS, 'integration ', 'x-telroi-signature', 'Telroi-Events/1.0'],
] as const)('%s', (_what, dialect, prefix, header, agent) => {
  const cases = Object.entries(dialect.events ?? {}).flatMap(([name, types]) =>
    types.map((type) => [name, type] as const),
  );

  test.each(cases)('%s of %s is what the document says', (name, type) => {
    const rendered = dialect.render(event(type));
    const schema = VERIFY_WEBHOOKS[`${prefix}${name}`]?.body as TSchema;
    expect([...Value.Errors(schema, rendered?.body)]).toEqual([]);
    expect(rendered?.body).toMatchObject({ event: name });
    // Nothing beside what the document names.
    const documented = (schema as unknown as { properties: { data: { properties: object } } }).properties;
    const body = rendered?.body as { data: object };
    expect(Object.keys(body).sort()).toEqual(Object.keys(documented).sort());
    expect(Object.keys(body.data).sort()).toEqual(Object.keys(documented.data.properties).sort());
  });

  test('the document has every event and no other', () => {
    const documented = Object.keys(VERIFY_WEBHOOKS).filter(
      (name) => name.startsWith('integration ') === (prefix !== ''),
    );
    expect(documented.map((name) => name.slice(prefix.length)).sort()).toEqual(
      Object.keys(dialect.events ?? {}).sort(),
    );
  });

  test('are signed over the raw body with the whole secret', () => {
    const rendered = dialect.render(event('call.completed'));
    expect(rendered?.headers).toEqual({ 'user-agent': agent });
    expect(rendered?.sign?.('{"a":1}', 'whsec_abc')).toEqual({
      [header]: createHmac('sha256', 'whsec_abc').update('{"a":1}').digest('hex'),
    });
  });

  test('know nothing of what nobody can ask for', () => {
    expect([dialect.render(event('call.answered')), dialect.render(event('contact.opted_out'))]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

test.each([
  ['call.completed', {}, 'completed'],
  ['call.voicemail', {}, 'completed'],
  ['call.no_answer', { status: 'no_answer' }, 'no-answer'],
  ['call.no_answer', { status: 'busy' }, 'busy'],
  ['call.no_answer', { status: 'rejected' }, 'missed'],
  ['call.failed', {}, 'failed'],
  ['call.failed', { reason: 'suppressed' }, 'blacklisted'],
  ['call.canceled', {}, 'ended'],
] as const)('an endpoint is told of %s %j as call.completed with %s', (type, more, status) => {
  expect(ENDPOINT_WEBHOOKS.render(event(type, more))?.body).toMatchObject({
    event: 'call.completed',
    created_at: '2026-03-02T15:00:00Z',
    data: { callid: 'sub_1', direction: 'out', phone: '+15005550001', status },
  });
});

test('an integration is told once that a call started, however often it is tried', () => {
  const { render } = INTEGRATION_WEBHOOKS;
  expect(render(event('call.dialing'))?.body).toEqual({
    event: 'call.started',
    tenantId: 'acc_1',
    firedAt: '2026-03-02T15:00:00Z',
    data: { callid: 'sub_1', phone: '+15005550001', direction: 'outbound' },
  });
  expect(render(event('call.dialing', { attempts: 2 }))).toBeUndefined();
  expect(render(event('call.dialing', { attempts: 1, putBacks: 1 }))).toBeUndefined();
});

test('the call of a test key has its id in the form of this door', () => {
  const call = { ...event('call.completed'), mode: 'test' as const, subject: 'cal_1' };
  for (const { render } of [ENDPOINT_WEBHOOKS, INTEGRATION_WEBHOOKS]) {
    expect(render(call)?.body).toMatchObject({ data: { callid: 'call_test_1' } });
    expect(render({ ...call, mode: 'live' })?.body).toMatchObject({ data: { callid: 'cal_1' } });
  }
});

test('a code given and a code that failed are told with what became of them', () => {
  const { render } = ENDPOINT_WEBHOOKS;
  expect(render(event('verification.failed', { reason: 'voicemail' }))?.body).toMatchObject({
    event: 'otp.failed',
    data: { id: 'sub_1', to: '+15005550001', status: 'failed', reason: 'voicemail' },
  });
  expect(render(event('verification.checked', { verified: false }))?.body).toMatchObject({
    event: 'otp.verified',
    data: { verified: false },
  });
});

test('a contact that was removed while its delivery was under way is not told of again', () => {
  const told = event('contact.created');
  expect(INTEGRATION_WEBHOOKS.render(told)?.body).toMatchObject({ data: { phone: '+15005550001' } });
  expect(INTEGRATION_WEBHOOKS.render({ ...told, data: {} })).toBeUndefined();
});
