import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Mailbox } from '#core/call-flow/index.js';
import type { LegTask } from '#core/calls/index.js';
import { sweepSoundFiles } from '#core/retention/index.js';
import { changeRouting } from '#core/routing/index.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import {
  deleteVoiceMessage,
  eraseMessagesOf,
  listVoiceMessages,
  MAILBOX_LIMITS,
  markVoiceMessage,
  takeMessage,
  type VoicemailOwner,
} from '#core/voicemail/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import { SttError } from '#speech/stt.js';
import { readLetter, type ReadLetter } from '#email/read-letter.fixture.js';
import type { EngineCommand, EngineEvent } from '#voice/engine.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

const CALLER = '+12125550199';
/** Numbers of the simulated network: somebody who speaks, hangs up after two seconds, says nothing. */
const SPEAKS = '+12125550100';
const HANGS_UP = '+15005550026';
const SILENT = '+15005550046';

let world: World;
let live: VoicemailOwner;
let legs = 0;
beforeAll(async () => {
  world = await openWorld();
  live = { accountId: world.account.id, mode: 'live' };
});
afterAll(() => world.close());

const usual: Mailbox = {
  name: 'Sales',
  userId: null,
  greeting: null,
  maxSeconds: 120,
  silenceSeconds: 5,
  transcribe: false,
  emails: [],
  attachAudio: false,
};

function mailbox(fields: Partial<Mailbox> = {}, owner = live): Promise<number> {
  return changeRouting(world.core, { ...owner, author: 'test', summary: 'a mailbox' }, (draft) =>
    draft.create('mailbox', { ...usual, ...fields }),
  );
}

interface Visit {
  task: LegTask;
  commands: EngineCommand[];
  events: EngineEvent[];
  isDone: () => boolean;
  leg: string;
}

/** Somebody at an answered leg is handed to the mailbox. */
async function visit(
  mailboxId: number,
  number: string,
  options: { owner?: VoicemailOwner; core?: Core } = {},
): Promise<Visit> {
  const { owner = live, core = world.core } = options;
  const leg = `leg-${(legs += 1)}`;
  const commands: EngineCommand[] = [];
  const events: EngineEvent[] = [];
  const engine = world.core.engines[owner.mode];
  const told = {
    ...core,
    engines: {
      ...core.engines,
      [owner.mode]: { ...engine, send: (command: EngineCommand) => (commands.push(command), engine.send(command)) },
    },
  };
  let done = 0;
  const handed: LegTask[] = [];
  engine.on((event) => {
    if (!('leg' in event) || event.leg !== leg) return;
    events.push(event);
    handed[0]?.onEvent(event);
  });
  engine.send({
    kind: 'dial',
    leg,
    to: { kind: 'trunk', trunk: 'simulated', number },
    from: { number: SANDBOX_NUMBER },
    ringTimeoutMs: 30_000,
  });
  await world.runUntil('the answer', () => events.some(({ kind }) => kind === 'leg.answered'));
  const task = takeMessage(told, {
    owner,
    mailboxId,
    callId: 'cal_gone',
    leg,
    caller: CALLER,
    callerName: 'Ann Other',
    called: SANDBOX_NUMBER,
  });
  handed.push(task);
  task.start(() => (done += 1));
  return { task, commands, events, leg, isDone: () => done === 1 };
}

const messages = async (mailboxId: number, owner = live) =>
  (await listVoiceMessages(world.core, owner, { mailboxIds: [mailboxId] }, { page: 1, pageSize: 100 })).items;

async function letters(): Promise<ReadLetter[]> {
  await world.settle();
  const files = existsSync(world.mailFolder) ? readdirSync(world.mailFolder).sort() : [];
  return files.map((file) => readLetter(readFileSync(join(world.mailFolder, file), 'utf8')));
}

function filesOf(): string[] {
  const folder = world.core.recordings.path(`${live.accountId}/voicemail`);
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('a caller who speaks after the tone', () => {
  test('hears greeting and tone, and what was said is kept, told of and thanked for when silence comes', async () => {
    const id = await mailbox({ emails: ['anna@example.com', 'bert@example.com'], attachAudio: true });
    const { isDone, commands } = await visit(id, SPEAKS);
    await world.runUntil('the end', isDone);
    expect(commands.map(({ kind }) => kind)).toEqual(['play', 'play', 'record', 'play']);
    const [message, ...none] = await messages(id);
    expect(none).toEqual([]);
    expect(message).toMatchObject({
      mailboxId: id,
      phoneNumber: SANDBOX_NUMBER,
      callerNumber: CALLER,
      callerName: 'Ann Other',
      durationMs: 5000,
      transcription: 'off',
      readAt: undefined,
    });
    const event = await world.core.db
      .selectFrom('events')
      .selectAll()
      .where('subject', '=', message!.id)
      .executeTakeFirstOrThrow();
    expect(event).toMatchObject({ type: 'voicemail.received', data: { mailboxName: 'Sales', from: CALLER } });

    const sent = await letters();
    expect(sent.map(({ headers }) => headers['to']).sort()).toEqual(['anna@example.com', 'bert@example.com']);
    expect(sent[0]!.headers['subject']).toBe(`Voice message from Ann Other (${CALLER}) for Sales`);
    expect(sent[0]!.text).toContain('Length: 0:05');
    expect(sent[0]!.attachment).toMatchObject({ type: 'audio/mpeg' });
    expect(sent[0]!.attachment!.bytes.length).toBeGreaterThan(5000);
    const rows = await world.core.db.selectFrom('emails').selectAll().where('about', '=', message!.id).execute();
    expect(rows.map(({ status, body }) => [status, body])).toEqual([
      ['sent', ''],
      ['sent', ''],
    ]);
  });

  test('may hang up: what was said until then is kept, and the leg is asked for nothing', async () => {
    // The greeting is longer than this caller waits; a short one is not.
    const id = await mailbox({ greeting: { text: 'Hi' } });
    const { events, isDone, commands } = await visit(id, HANGS_UP);
    await world.runUntil('hanging up', () => events.some(({ kind }) => kind === 'leg.ended'));
    await world.settle();
    const [message] = await messages(id);
    expect(message!.durationMs).toBeGreaterThan(1000);
    expect(message!.durationMs).toBeLessThan(2000);
    expect(isDone()).toBe(false);
    expect(commands.at(-1)?.kind).toBe('record');
  });

  test('ends it with the hash key; no other key does', async () => {
    const id = await mailbox({ greeting: { text: 'Hi' } });
    const { task, isDone, commands, leg } = await visit(id, SPEAKS);
    const press = (digit: string): void =>
      task.onEvent({ kind: 'dtmf', leg, digit, via: 'rfc4733', durationMs: 100, seq: 0, at: 0 });
    await world.runUntil('recording', () => commands.some(({ kind }) => kind === 'record'));
    await world.run(2000);
    press('5');
    await world.settle();
    expect(commands.some(({ kind }) => kind === 'stop')).toBe(false);
    press('#');
    await world.runUntil('the end', isDone);
    const [message] = await messages(id);
    expect(message!.durationMs).toBeGreaterThan(1800);
    expect(message!.durationMs).toBeLessThan(2300);
  });

  test('has no more time than the mailbox gives', async () => {
    const id = await mailbox({ maxSeconds: 3 });
    await world.runUntil('the end', (await visit(id, SPEAKS)).isDone);
    expect((await messages(id)).map(({ durationMs }) => durationMs)).toEqual([3000]);
  });

  test('is needed elsewhere: what was said until then is kept', async () => {
    const id = await mailbox({ greeting: { text: 'Hi' } });
    const { task, commands, isDone } = await visit(id, SPEAKS);
    await world.runUntil('recording', () => commands.some(({ kind }) => kind === 'record'));
    await world.run(3000);
    task.stop();
    await world.run(1000);
    expect((await messages(id)).map(({ durationMs }) => Math.round(durationMs / 1000))).toEqual([3]);
    expect(isDone()).toBe(false);
  });
});

describe('nothing is kept', () => {
  test('of somebody who says nothing', async () => {
    const id = await mailbox({ emails: ['nobody@example.com'] });
    const { isDone, commands } = await visit(id, SILENT);
    await world.runUntil('the end', isDone);
    expect(await messages(id)).toEqual([]);
    expect(commands.map(({ kind }) => kind)).toEqual(['play', 'play', 'record']);
  });

  test('by a mailbox that is full or not there, and the caller is told before the tone', async () => {
    const id = await mailbox();
    const at = new Date(world.clock.now());
    const row = {
      account_id: live.accountId,
      mode: 'live' as const,
      mailbox_id: id,
      call_id: null,
      phone_number: '+1',
      caller_number: '+2',
      caller_name: null,
      file: 'none',
      bytes: 0,
      duration_ms: 0,
      transcript: null,
      transcription: 'off' as const,
      transcribe_at: null,
      created_at: at,
      updated_at: at,
    };
    await world.core.db
      .insertInto('voice_messages')
      .values(Array.from({ length: MAILBOX_LIMITS.messages }, (_, n) => ({ ...row, id: `vcm_full${n}` })))
      .execute();
    for (const mailboxId of [id, 999_999]) {
      const quiet = { ...world.core, log: { ...world.core.log, warn: () => undefined } };
      const { isDone, commands } = await visit(mailboxId, SPEAKS, { core: quiet });
      await world.runUntil('the end', isDone);
      expect(commands.map(({ kind }) => kind)).toEqual(['play']);
    }
    await world.core.db.deleteFrom('voice_messages').where('mailbox_id', '=', id).execute();
  });

  test('when the disk is full, and the caller hears that', async () => {
    const id = await mailbox();
    const recordings = Object.assign(Object.create(world.core.recordings) as Core['recordings'], {
      write: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    });
    const heard: string[] = [];
    const log = { ...world.core.log, error: (_: object, text: string) => void heard.push(text) };
    const { isDone, commands } = await visit(id, SPEAKS, { core: { ...world.core, recordings, log } });
    await world.runUntil('the end', isDone);
    expect(commands.map(({ kind }) => kind)).toEqual(['play', 'play', 'record', 'play']);
    expect(heard).toEqual(['a voice message could not be kept']);
    expect(await messages(id)).toEqual([]);
  });
});

describe('a message', () => {
  let id: number;
  let message: string;
  beforeEach(async () => {
    id = await mailbox({ emails: ['anna@example.com'], attachAudio: false });
    await world.runUntil('the end', (await visit(id, SPEAKS)).isDone);
    message = (await messages(id))[0]!.id;
  });

  test('is marked as read and as new again', async () => {
    expect((await markVoiceMessage(world.core, live, { id: message, read: true })).readAt).toEqual(
      new Date(world.clock.now()),
    );
    expect(
      (await listVoiceMessages(world.core, live, { mailboxIds: [id], read: false }, { page: 1, pageSize: 5 })).total,
    ).toBe(0);
    expect((await markVoiceMessage(world.core, live, { id: message, read: false })).readAt).toBeUndefined();
  });

  test('is deleted for good: file, row, letters and what the event said; only that it went stays', async () => {
    const before = filesOf();
    expect(before).toContain(`${message}.wav`);
    await deleteVoiceMessage(world.core, live, { id: message, actor: 'test' });
    expect(filesOf()).toEqual(before.filter((file) => file !== `${message}.wav`));
    const { db } = world.core;
    expect(await db.selectFrom('emails').select('id').where('about', '=', message).execute()).toEqual([]);
    expect(await db.selectFrom('events').select('data').where('subject', '=', message).execute()).toEqual([
      { data: {} },
    ]);
    expect(await db.selectFrom('tombstones').select(['kind', 'id']).where('id', '=', message).execute()).toEqual([
      { kind: 'voice_message', id: message },
    ]);
    await expect(deleteVoiceMessage(world.core, live, { id: message, actor: 'test' })).rejects.toMatchObject({
      code: 'voicemail.not_found',
    });
  });

  test('is of one account and mode', async () => {
    for (const owner of [
      { ...live, mode: 'test' as const },
      { ...live, accountId: 'acc_other' },
    ]) {
      await expect(deleteVoiceMessage(world.core, owner, { id: message, actor: 'test' })).rejects.toMatchObject({
        code: 'voicemail.not_found',
      });
      await expect(markVoiceMessage(world.core, owner, { id: message, read: true })).rejects.toMatchObject({
        code: 'voicemail.not_found',
      });
      expect(await messages(id, owner)).toEqual([]);
    }
  });

  test('goes with its caller', async () => {
    expect(await eraseMessagesOf(world.core, live, '+12125550000')).toBe(0);
    expect(await eraseMessagesOf(world.core, live, CALLER)).toBeGreaterThanOrEqual(1);
    expect(await messages(id)).toEqual([]);
  });
});

describe('a message whose process died before it was kept', () => {
  test('leaves a file, which goes a day later; that of a message that was kept stays', async () => {
    const id = await mailbox();
    await world.runUntil('the end', (await visit(id, SPEAKS)).isDone);
    const [kept] = await messages(id);
    const dying = {
      ...world.core,
      killPoint: () => {
        throw new Error('the process is gone');
      },
    };
    const body = { ...usual, transcribe: false };
    const spoken = { owner: live, mailboxId: id, mailbox: body, callId: 'cal_gone', caller: CALLER };
    const said = keepMessage(dying, { ...spoken, callerName: undefined, called: SANDBOX_NUMBER }, new Int16Array(9000));
    await expect(said).rejects.toThrow('the process is gone');
    const stray = filesOf().at(-1)!;
    // A recording of a call is written like it.
    const recording = `${live.accountId}/${newId('rec', world.core.clock.now())}.wav`;
    await world.core.recordings.write(recording, new Int16Array(9000));
    const recorded = (): boolean => existsSync(world.core.recordings.path(recording));
    expect(stray).not.toContain(kept!.id);
    expect(await messages(id)).toHaveLength(1);
    // Somebody may be about to write its row.
    await sweepSoundFiles(world.core);
    expect(filesOf()).toContain(stray);
    expect(recorded()).toBe(true);
    const aDayLater = { ...world.core.clock, now: () => world.core.clock.now() + 86_400_001 };
    await sweepSoundFiles({ ...world.core, clock: aDayLater });
    expect(filesOf()).not.toContain(stray);
    expect(recorded()).toBe(false);
    expect(filesOf()).toContain(`${kept!.id}.wav`);
  });
});

describe('what was said', () => {
  let hearing: World;
  let answers: (string | Error)[];
  beforeAll(async () => {
    hearing = await openWorld({
      hearing: {
        name: 'scripted',
        transcribe: () => {
          const answer = answers.shift() ?? new Error('asked too often');
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        },
        close: () => Promise.resolve(),
      },
    });
  });
  afterAll(() => hearing.close());

  async function leave(): Promise<() => Promise<{ transcription: string; transcript: string | null; told: number }>> {
    const owner = { accountId: hearing.account.id, mode: 'live' } as const;
    const body = { ...usual, transcribe: true };
    const change = { ...owner, author: 'test', summary: 'a mailbox' };
    const mailboxId = await changeRouting(hearing.core, change, (draft) => draft.create('mailbox', body));
    const spoken = { owner, mailboxId, mailbox: body, callId: 'cal_gone', caller: CALLER, callerName: undefined };
    const id = await keepMessage(hearing.core, { ...spoken, called: SANDBOX_NUMBER }, new Int16Array(16_000).fill(900));
    return async () => {
      const { db } = hearing.core;
      const row = await db.selectFrom('voice_messages').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      const events = await db.selectFrom('events').select('data').where('subject', '=', id).execute();
      for (const { data } of events) expect(data).toMatchObject({ transcript: row.transcript });
      return { transcription: row.transcription, transcript: row.transcript, told: events.length };
    };
  }

  test('is asked for again when whoever hears fails, and told once it is known', async () => {
    answers = [new SttError('the service is away'), 'Call me back.'];
    const look = await leave();
    await hearing.run(1000);
    await hearing.settle();
    expect(await look()).toEqual({ transcription: 'pending', transcript: null, told: 0 });
    await hearing.run(14 * 60_000);
    expect((await look()).transcription).toBe('pending');
    await hearing.run(2 * 60_000);
    await hearing.settle();
    expect(await look()).toEqual({ transcription: 'done', transcript: 'Call me back.', told: 1 });
    expect(answers).toEqual([]);
  });

  test('is given up after the third time, and the message is told of without it', async () => {
    answers = Array.from({ length: 3 }, () => new SttError('the service is away'));
    const look = await leave();
    await hearing.runUntil('the end of it', async () => (await look()).transcription === 'failed', 3 * 3_600_000);
    expect(await look()).toEqual({ transcription: 'failed', transcript: null, told: 1 });
    expect(answers).toEqual([]);
  });
});

describe('in test mode', () => {
  test('a message is written down, and no letter is sent', async () => {
    const owner = { ...live, mode: 'test' as const };
    const id = await mailbox({ transcribe: true, emails: ['anna@example.com'] }, owner);
    await world.runUntil('the end', (await visit(id, SPEAKS, { owner })).isDone);
    await world.runUntil('the transcript', async () => (await messages(id, owner))[0]?.transcription === 'done');
    const [message] = await messages(id, owner);
    expect(message).toMatchObject({ transcript: 'This is a simulated transcription.' });
    const rows = await world.core.db.selectFrom('emails').select('id').where('about', '=', message!.id).execute();
    expect(rows).toEqual([]);
  });

  test('in live mode nothing is written down without something that hears', async () => {
    const id = await mailbox({ transcribe: true });
    await world.runUntil('the end', (await visit(id, SPEAKS)).isDone);
    expect((await messages(id)).map(({ transcription }) => transcription)).toEqual(['off']);
  });
});
