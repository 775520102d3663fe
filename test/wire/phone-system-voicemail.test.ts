import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { createUser } from '#core/people/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import { changeRouting, findObject } from '#core/routing/index.js';
import { forgetRemovedMailboxes } from '#core/voicemail/index.js';
import { encodeWav } from '#speech/encode-wav.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

const CALLER = '+12125550199';
const said = Int16Array.from({ length: 16_000 }, (_, at) => Math.round(5000 * Math.sin(at / 3)));

let world: World;
let mailboxes = 0;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
// Requests of one test are far from the limit of those of another.
beforeEach(() => (world.clock as HeldClock).advance(61_000));

const ask = (method: string, path: string, body?: unknown, key?: string): Promise<Reply> =>
  world.request(method, `/api/v2${path}`, {
    ...(body === undefined ? {} : { body }),
    ...(key === undefined ? {} : { key }),
  });
const data = (reply: Reply): Record<string, unknown> => reply.body['data'] as Record<string, unknown>;
const list = (reply: Reply): Record<string, unknown>[] => reply.body['data'] as Record<string, unknown>[];

async function makeMailbox(fields: object = {}): Promise<number> {
  const reply = await ask('POST', '/voice-mailboxes', {
    name: `Mailbox ${(mailboxes += 1)}`,
    transcription: false,
    ...fields,
  });
  expect(reply.status).toBe(201);
  return data(reply)['id'] as number;
}

async function leave(mailboxId: number, caller: string | null = CALLER): Promise<string> {
  const owner = { accountId: world.account.id, mode: 'test' } as const;
  const { body: mailbox } = await findObject(world.core, owner, 'mailbox', mailboxId);
  const spoken = {
    owner,
    mailboxId,
    mailbox,
    callId: 'cal_none',
    caller: caller ?? undefined,
    callerName: undefined,
    called: SANDBOX_NUMBER,
  };
  const id = await keepMessage(world.core, spoken, said);
  // The next one is later.
  (world.clock as HeldClock).advance(1000);
  return id;
}

async function keyOf(userId: string): Promise<string> {
  const key = await createKey(world.core, { accountId: world.account.id, mode: 'test', userId, actor: 'test' });
  return key.secret;
}

describe('/voice-messages', () => {
  test('are listed with all their fields, the newest first, by mailbox, read, and time', async () => {
    const mailbox = await makeMailbox();
    const first = await leave(mailbox);
    const between = new Date(world.clock.now() - 500).toISOString();
    const second = await leave(mailbox, null);
    const all = await ask('GET', `/voice-messages?mailboxId=${mailbox}`);
    expect(list(all).map(({ id }) => id)).toEqual([second, first]);
    expect(list(all)[1]).toEqual({
      id: first,
      read: false,
      phoneNumber: SANDBOX_NUMBER,
      callResult: 'missed',
      callId: null,
      callerName: CALLER,
      callerNumber: CALLER,
      duration: 2,
      transcript: null,
      transcriptionInProgress: false,
      audioLink: expect.stringContaining('/api/v2/audio/') as string,
      voiceMailboxId: mailbox,
      mailboxId: mailbox,
      createdAt: expect.stringMatching(/\.\d{6}Z$/) as string,
      updatedAt: expect.stringMatching(/\.\d{6}Z$/) as string,
    });
    expect(list(all)[0]).toMatchObject({ callerNumber: 'anonymous', callerName: 'anonymous' });
    const ids = async (query: string): Promise<unknown[]> =>
      list(await ask('GET', `/voice-messages?mailboxId=${mailbox}&${query}`)).map(({ id }) => id);
    expect(await ids(`after=${between}`)).toEqual([second]);
    expect(await ids(`before=${between}`)).toEqual([first]);
    expect(data(await ask('PATCH', `/voice-messages/${first}`, { read: true }))).toMatchObject({
      id: first,
      read: true,
    });
    expect(await ids('read=true')).toEqual([first]);
    expect(await ids('read=false')).toEqual([second]);
    // What was changed last comes last.
    (world.clock as HeldClock).advance(20_000);
    expect(await ids(`updatedAfter=${between}`)).toEqual([second, first]);
    expect(await ids('page=2&pageSize=1')).toEqual([first]);
    expect(data(await ask('PATCH', `/voice-messages/${first}`, { read: false }))).toMatchObject({ read: false });
  });

  test.each([
    ['GET', '/voice-messages?read=maybe', undefined, 'read'],
    ['GET', '/voice-messages?after=yesterday', undefined, 'after'],
    ['GET', '/voice-messages?mailboxId=x', undefined, 'mailboxId'],
    ['PATCH', '/voice-messages/vcm_1', { read: 'yes' }, 'read'],
    ['PATCH', '/voice-messages/vcm_1', {}, 'read'],
    ['POST', '/voice-mailboxes', {}, 'name'],
    ['POST', '/voice-mailboxes', { name: 'A', emails: ['nobody'] }, 'emails.0'],
    ['POST', '/voice-mailboxes', { name: 'A', maxDuration: 0 }, 'maxDuration'],
    ['POST', '/voice-mailboxes', { name: 'A', colour: 'red' }, 'colour'],
  ])('%s %s is refused by the field', async (method, path, body, field) => {
    const reply = await ask(method, path, body);
    expect([reply.status, Object.keys(reply.body['errors'] ?? {})]).toEqual([422, [field]]);
  });

  test('what was said is fetched by its link without a key, in parts too, until its time is over', async () => {
    const id = await leave(await makeMailbox());
    const { body } = await ask('GET', `/voice-messages/${id}/audio-url`);
    expect(body['url']).toBe((body['data'] as { url: string }).url);
    const path = new URL(body['url'] as string).pathname;
    const fetched = await world.request('GET', path, { key: null });
    expect([fetched.status, fetched.headers['content-type']]).toEqual([200, 'audio/wav']);
    expect(Buffer.compare(fetched.raw, Buffer.from(encodeWav({ pcm: said, rate: 8000 })))).toBe(0);
    const part = await world.request('GET', path, { key: null, headers: { range: 'bytes=44-47' } });
    expect([part.status, part.raw.length]).toEqual([206, 4]);
    const altered = path.replace(/\.(.)/, (_, first: string) => `.${first === 'a' ? 'b' : 'a'}`);
    expect((await world.request('GET', altered, { key: null })).status).toBe(404);
    (world.clock as HeldClock).advance(601_000);
    expect((await world.request('GET', path, { key: null })).status).toBe(404);
  });

  test('one that is deleted is gone, and its links with it', async () => {
    const mailbox = await makeMailbox();
    const id = await leave(mailbox);
    const path = new URL((await ask('GET', `/voice-messages/${id}/audio-url`)).body['url'] as string).pathname;
    const gone = await ask('DELETE', `/voice-messages/${id}`);
    expect([gone.status, gone.raw.length]).toEqual([204, 0]);
    const audit = world.core.db.selectFrom('audit_log').selectAll().where('subject', '=', id);
    expect(await audit.execute()).toMatchObject([{ action: 'voice_message.delete', details: { mode: 'test' } }]);
    for (const [method, where] of [
      ['GET', ''],
      ['GET', '/audio-url'],
      ['DELETE', ''],
    ] as const) {
      expect((await ask(method, `/voice-messages/${id}${where}`)).status).toBe(404);
    }
    expect((await world.request('GET', path, { key: null })).status).toBe(404);
  });

  test('are of one account and mode', async () => {
    const id = await leave(await makeMailbox());
    const other = await createAccount(world.core, { name: 'Neighbours', actor: 'test' });
    const theirs = (await createKey(world.core, { accountId: other.id, mode: 'test', actor: 'test' })).secret;
    for (const key of [world.keys.live, theirs]) {
      expect((await ask('GET', `/voice-messages/${id}`, undefined, key)).status).toBe(404);
      expect((await ask('DELETE', `/voice-messages/${id}`, undefined, key)).status).toBe(404);
    }
  });
});

describe('/voice-mailboxes', () => {
  test('are made, shown, changed and deleted, with their messages', async () => {
    const reply = await ask('POST', '/voice-mailboxes', {
      name: 'Support',
      greeting: { text: 'Hello.' },
      emails: ['anna@example.com'],
    });
    expect(reply.body['warnings']).toBeUndefined();
    const id = data(reply)['id'] as number;
    expect(data(reply)).toMatchObject({
      ...{ name: 'Support', userId: null, maxDuration: 180, silenceTimeout: 5, transcription: true },
      ...{ emailNotifications: true, emails: ['anna@example.com'], attachAudio: true, hasPin: false },
      ...{ newMessages: 0, savedMessages: 0 },
    });
    const told = async (body: object) => data(await ask('PATCH', `/voice-mailboxes/${id}`, body))['emails'];
    expect(await told({ emailNotifications: true })).toEqual(['anna@example.com']);
    expect(await told({ emailNotifications: false, emails: ['anna@example.com'] })).toEqual([]);
    expect(await ask('PATCH', `/voice-mailboxes/${id}`, { emailNotifications: true })).toMatchObject({
      ...{ status: 422, body: { errors: { emailNotifications: [expect.stringContaining('emails')] } } },
    });
    const owner = { accountId: world.account.id, mode: 'test', actor: 'test' } as const;
    const whose = await createUser(world.core, { ...owner, name: 'Ben', email: 'ben@example.com' });
    expect(await told({ emailNotifications: true, userId: whose.id })).toEqual(['ben@example.com']);
    expect(await told({ userId: null, emails: [] })).toEqual([]);

    const message = await leave(id);
    expect(data(await ask('GET', `/voice-mailboxes/${id}`))).toMatchObject({ newMessages: 1 });
    expect(data(await ask('PATCH', `/voice-mailboxes/${id}`, { silenceTimeout: 10 }))).toMatchObject({
      ...{ name: 'Support', silenceTimeout: 10 },
    });
    expect((await ask('PUT', `/voice-mailboxes/${id}/pin`, { pin: '12' })).status).toBe(422);
    expect((await ask('PUT', `/voice-mailboxes/${id}/pin`, { pin: '1234' })).status).toBe(204);
    expect(data(await ask('GET', `/voice-mailboxes/${id}`))).toMatchObject({ hasPin: true });
    expect((await ask('PUT', `/voice-mailboxes/${id}/pin`, { pin: null })).status).toBe(204);
    expect((await ask('DELETE', `/voice-mailboxes/${id}`)).status).toBe(204);
    expect((await ask('GET', `/voice-messages/${message}`)).status).toBe(404);
    expect((await ask('GET', `/voice-mailboxes/${id}`)).status).toBe(404);
    expect((await ask('PUT', `/voice-mailboxes/${id}/pin`, { pin: '1234' })).status).toBe(404);
  });

  test('that a rollback takes away are emptied for good, and their PIN comes back with no other rollback', async () => {
    const versions = async () => Number(list(await ask('GET', '/call-flow/versions'))[0]?.['version']);
    const before = await versions();
    const id = data(await ask('POST', '/voice-mailboxes', { name: 'Short' }))['id'] as number;
    const made = await versions();
    const message = await leave(id);
    await ask('PUT', `/voice-mailboxes/${id}/pin`, { pin: '1234' });
    expect((await ask('POST', `/call-flow/versions/${before}/rollback`)).status).toBe(201);
    expect((await ask('GET', `/voice-messages/${message}`)).status).toBe(404);
    expect((await ask('POST', `/call-flow/versions/${made}/rollback`)).status).toBe(201);
    expect(data(await ask('GET', `/voice-mailboxes/${id}`))).toMatchObject({ hasPin: false, newMessages: 0 });
    (world.clock as HeldClock).advance(20_000);
    const gone = await ask('GET', '/deleted?kind=voicemail&pageSize=100');
    expect(list(gone).map((one) => one['id'])).toContain(message);
  });

  test('that are gone before their messages were are emptied by the housekeeping, and take no other', async () => {
    const owner = { accountId: world.account.id, mode: 'test' } as const;
    const id = data(await ask('POST', '/voice-mailboxes', { name: 'Dying' }))['id'] as number;
    const message = await leave(id);
    const spoken = { owner, mailboxId: id, mailbox: (await findObject(world.core, owner, 'mailbox', id)).body };
    const kept = data(await ask('POST', '/voice-mailboxes', { name: 'Kept' }))['id'] as number;
    const other = await leave(kept);
    // As a server that dies right after the commit.
    await changeRouting(world.core, { ...owner, author: 'test', summary: 'x' }, (draft) => draft.remove('mailbox', id));
    const from = { callId: 'cal_gone', caller: '+13055550123', callerName: undefined, called: '+15005550100' };
    const files = () => world.core.recordings.list(`${owner.accountId}/voicemail`);
    const there = await files();
    await expect(keepMessage(world.core, { ...spoken, ...from }, said)).rejects.toMatchObject({
      code: 'voicemail.not_found',
    });
    expect(await files()).toEqual(there);
    expect(await forgetRemovedMailboxes(world.core)).toBe(1);
    expect((await ask('GET', `/voice-messages/${message}`)).status).toBe(404);
    expect((await ask('GET', `/voice-messages/${other}`)).status).toBe(200);
    expect(await forgetRemovedMailboxes(world.core)).toBe(0);
  });

  test('a user hears the own one alone', async () => {
    const owner = { accountId: world.account.id, mode: 'test', actor: 'test' } as const;
    const anna = await createUser(world.core, { ...owner, name: 'Anna', role: 'member' });
    const key = await keyOf(anna.id);
    const [own, another] = [await makeMailbox({ userId: anna.id }), await makeMailbox()];
    const [hers, theirs] = [await leave(own), await leave(another)];
    expect(list(await ask('GET', '/voice-messages', undefined, key)).map(({ id }) => id)).toEqual([hers]);
    expect(list(await ask('GET', '/voice-mailboxes', undefined, key)).map(({ id }) => id)).toEqual([own]);
    expect((await ask('GET', `/voice-messages/${hers}/audio-url`, undefined, key)).status).toBe(200);
    expect((await ask('PUT', `/voice-mailboxes/${own}/pin`, { pin: '4711' }, key)).status).toBe(204);
    for (const [method, path, body] of [
      ['GET', `/voice-messages/${theirs}`],
      ['GET', `/voice-messages/${theirs}/audio-url`],
      ['PATCH', `/voice-messages/${theirs}`, { read: true }],
      ['DELETE', `/voice-messages/${theirs}`],
      ['GET', `/voice-messages?mailboxId=${another}`],
      ['GET', `/voice-mailboxes/${another}`],
      ['PUT', `/voice-mailboxes/${another}/pin`, { pin: '4711' }],
      ['POST', '/voice-mailboxes', { name: 'New' }],
    ] as const) {
      expect([path, (await ask(method, path, body, key)).status]).toEqual([path, 403]);
    }
  });
});

describe('/sounds', () => {
  const form = (parts: string): { body: string; headers: Record<string, string> } => ({
    body: parts,
    headers: { 'content-type': 'multipart/form-data; boundary=cut' },
  });
  const file = (text: string): string =>
    `--cut\r\nContent-Disposition: form-data; name="file"; filename="tone.wav"\r\n\r\n${text}\r\n--cut--\r\n`;

  test('are handed in as a form, played back, renamed, and kept while something plays them', async () => {
    const wav = Buffer.from(encodeWav({ pcm: said, rate: 8000 }));
    const head = '--cut\r\nContent-Disposition: form-data; name="file"; filename="tone.wav"\r\n\r\n';
    const payload = Buffer.concat([Buffer.from(head), wav, Buffer.from('\r\n--cut--\r\n')]);
    const reply = await world.platform.server.app.inject({
      method: 'POST',
      url: '/api/v2/sounds',
      headers: { authorization: `Bearer ${world.keys.test}`, 'content-type': 'multipart/form-data; boundary=cut' },
      payload,
    });
    expect(reply.statusCode).toBe(201);
    const { id } = reply.json<{ data: { id: number; name: string; duration: number } }>().data;
    expect(data(await ask('GET', `/sounds/${id}`))).toMatchObject({ name: 'tone.wav', duration: 2 });
    expect(Buffer.compare((await ask('GET', `/sounds/${id}/audio`)).raw, wav)).toBe(0);
    const range = { headers: { range: 'bytes=0-3' } };
    const part = await world.request('GET', `/api/v2/sounds/${id}/audio`, range);
    expect([part.status, part.raw.toString()]).toEqual([206, 'RIFF']);
    expect(data(await ask('PATCH', `/sounds/${id}`, { name: 'Tone' }))).toMatchObject({ name: 'Tone' });
    const mailbox = await makeMailbox({ greeting: { soundId: id } });
    expect((await ask('DELETE', `/sounds/${id}`)).status).toBe(422);
    expect((await ask('DELETE', `/voice-mailboxes/${mailbox}`)).status).toBe(204);
    const sounds = world.core.db.selectFrom('sounds').select('file').where('id', '=', id);
    await world.core.recordings.remove((await sounds.executeTakeFirstOrThrow()).file);
    expect((await ask('GET', `/sounds/${id}/audio`)).status).toBe(404);
    expect((await ask('DELETE', `/sounds/${id}`)).status).toBe(204);
    expect((await ask('GET', `/sounds/${id}`)).status).toBe(404);
  });

  test('that is none is refused by the field', async () => {
    const reply = await world.request('POST', '/api/v2/sounds', form(file('this is a letter')));
    expect([reply.status, Object.keys(reply.body['errors'] as object)]).toEqual([422, ['file']]);
  });
});

test('without a mail server a mailbox that tells by e-mail is saved with a warning', async () => {
  const silent = await openWorld({ mail: null });
  try {
    const body = { name: 'Sales', emails: ['anna@example.com'] };
    const reply = await silent.request('POST', '/api/v2/voice-mailboxes', { body });
    expect(reply.status).toBe(201);
    expect(reply.body['warnings']).toEqual({ emails: [expect.stringContaining('SIDETONE_SMTP_URL')] });
  } finally {
    await silent.close();
  }
});
