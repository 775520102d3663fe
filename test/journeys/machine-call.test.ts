import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineCommand, EngineEvent } from '#voice/engine.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Calls that a machine answers, on the simulated network: what is said when, and what is told of it. */
let world: World;
let receiver: Receiver;
/** `verdict`, `beep`, `play MS`, `stop` and `hangup`, at their milliseconds since the answer. */
let heard: string[];

const MESSAGE = 'one two three four';
const FOR_MACHINES = 'one two three four five six {NAME}';
const MAILBOX = '+15005550040';

beforeEach(async () => {
  heard = [];
  world = await openWorld();
  receiver = await openReceiver();
  const engine = world.core.engines.test;
  let answeredAt = 0;
  const note = (what: string): void => void heard.push(`${world.clock.now() - answeredAt} ${what}`);
  const send = engine.send.bind(engine);
  engine.send = (command: EngineCommand) => {
    send(command);
    const what =
      command.kind === 'play'
        ? `play ${command.clips.reduce((sum, { pcm }) => sum + pcm.length / 8, 0)}`
        : command.kind;
    // After the event that it answers, which this test is told of last.
    if (['play', 'stop', 'hangup'].includes(command.kind)) queueMicrotask(() => note(what));
  };
  engine.on((event: EngineEvent) => {
    if (event.kind === 'leg.answered') answeredAt = world.clock.now();
    if (event.kind === 'machine') note(event.verdict);
    if (event.kind === 'machine.beep') note('beep');
    if (event.kind === 'machine.silence') note('silence');
  });
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
  await receiver.close();
});

/** Places a call and gives it at its end, with the one event that told of that end. */
async function call(to: string, amd: object, more: object = {}) {
  const body = { to, from: SANDBOX_NUMBER, message: MESSAGE, amd, webhook_url: receiver.url, ...more };
  const placed = await world.request('POST', '/api/v1/calls', {
    body: { variables: { NAME: 'seven eight' }, ...body },
  });
  expect(placed.status, JSON.stringify(placed.body)).toBe(201);
  const look = async () => (await world.request('GET', `/api/v1/calls/${String(placed.body['call_id'])}`)).body;
  await world.runUntil('the end', async () => (await look())['completed_at'] !== null);
  await world.run(60_000);
  const told = receiver.received.map(({ body: event }) => event).filter(({ event }) => event !== 'call.answered');
  const ends = told.filter(({ event }) => event !== 'call.dtmf');
  expect(ends).toHaveLength(1);
  return { call: await look(), told: ends[0] ?? {} };
}

describe('a mailbox', () => {
  test('is left the message for machines after its beep, and that is told once', async () => {
    const { call: found, told } = await call(MAILBOX, { machine_message: FOR_MACHINES });
    expect(heard).toEqual(['3000 machine', '5900 beep', '5900 play 2000', '7900 hangup']);
    const evidence = [
      expect.objectContaining({ verdict: 'machine', revised: false, at_ms: 3000, why: 'a long greeting' }),
    ];
    const same = {
      amd_result: 'machine',
      voicemail: { message_left: true },
      machine_detection: evidence,
      quality: expect.objectContaining({ loss_ratio: 0, jitter_ms: 0 }) as unknown,
      error: null,
    };
    expect(found).toMatchObject({ ...same, status: 'voicemail' });
    expect(told).toMatchObject({ ...same, event: 'call.voicemail', status: 'voicemail', duration_seconds: 8 });
  });

  test('is left the message itself when there is none for machines', async () => {
    await call(MAILBOX, {});
    expect(heard).toContain('5900 play 1000');
  });

  test('without a beep is spoken to after its greeting', async () => {
    const { call: found } = await call('+15005550041', {});
    expect(heard).toEqual(['3000 machine', '7500 silence', '7500 play 1000', '8500 hangup']);
    expect(found).toMatchObject({ voicemail: { message_left: true } });
  });

  test('that was taken for a person is spoken to again from the beginning', async () => {
    const { told } = await call('+15005550042', { machine_message: FOR_MACHINES }, { message: 'word '.repeat(40) });
    expect(heard).toEqual([
      ...['2000 human', '2000 play 10000', '4400 machine', '4400 beep', '4400 stop', '4400 play 2000', '6400 hangup'],
    ]);
    expect(told).toMatchObject({ event: 'call.voicemail', amd_result: 'machine', voicemail: { message_left: true } });
    expect(told['machine_detection']).toMatchObject([
      { verdict: 'human', revised: false },
      { verdict: 'machine', revised: true, beep_hz: 1000 },
    ]);
  });

  test('that hangs up during the message has not been left one', async () => {
    const { told } = await call('+15005550048', {});
    expect(told).toMatchObject({
      ...{ event: 'call.voicemail', voicemail: { message_left: false }, error: { code: 'callee_hung_up' } },
    });
  });

  test('is hung up on where that was asked for', async () => {
    const { told } = await call(MAILBOX, { on_machine: 'hangup' });
    expect(heard).toEqual(['3000 machine', '3000 hangup']);
    expect(told).toMatchObject({ event: 'call.voicemail', voicemail: { message_left: false }, error: null });
  });

  test('is spoken to as a person where that was asked for', async () => {
    const { told } = await call(MAILBOX, { on_machine: 'continue' });
    expect(heard.slice(0, 2)).toEqual(['3000 machine', '3000 play 1000']);
    expect(told).toMatchObject({ event: 'call.completed', amd_result: 'machine', voicemail: null });
  });

  test('is not looked for where nobody wants to know', async () => {
    const { told } = await call(MAILBOX, { enabled: false });
    expect(heard).toEqual(['0 play 1000', '1000 hangup']);
    expect(told).toMatchObject({ event: 'call.completed', amd_result: 'unknown', machine_detection: [] });
  });
});

describe('a person', () => {
  test('hears the message at the verdict', async () => {
    const { told } = await call('+12125550100', {});
    expect(heard).toEqual(['1600 human', '1600 play 1000', '2600 hangup']);
    expect(told).toMatchObject({ event: 'call.completed', status: 'answered', amd_result: 'human' });
  });

  test('behind an assistant is proven by a key', async () => {
    const { told } = await call('+15005550045', {}, { to: '+15005550001', dtmf: { '1': { action: 'hangup' } } });
    expect(told).toMatchObject({ event: 'call.completed', amd_result: 'human', dtmf_response: '1' });
  });
});

test.each([
  ['+15005550043', 'fax', 'fax', '1500'],
  ['+15005550044', 'network', 'network_announcement', '1300'],
])('%s (%s) ends at its verdict, unspoken to', async (to, verdict, code, atMs) => {
  const { told } = await call(to, {});
  expect(heard).toEqual([`${atMs} ${verdict}`, `${atMs} hangup`]);
  expect(told).toMatchObject({ event: 'call.failed', status: 'failed', amd_result: verdict, error: { code } });
});

test('a message for machines that cannot be spoken is found out before anybody is called', async () => {
  const { told } = await call(MAILBOX, { machine_message: '...' });
  expect(heard).toEqual([]);
  expect(told).toMatchObject({ event: 'call.failed', error: { code: 'speech_failed' }, attempts: 0 });
});
