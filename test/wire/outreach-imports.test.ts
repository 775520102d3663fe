import { createWriteStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { IMPORT_LIMITS, purgeUploads, UPLOAD_LIMITS } from '#core/imports/index.js';
import { UploadedFiles } from '#storage/uploaded-files.js';
import { eventually } from '../eventually.js';
import { openReceiver } from '../receiver.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response for uploads and imports, by way of contacts. */
let world: World;
let stranger: string;

beforeAll(async () => {
  world = await openWorld();
  const { id } = await createAccount(world.core, { name: 'Another account', actor: 'test' });
  stranger = (await createKey(world.core, { accountId: id, mode: 'test', actor: 'test' })).secret;
});
afterAll(() => world.close());

beforeEach(async () => {
  // These tables are not about limits.
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
  await world.settle();
});

const CSV = { 'content-type': 'text/csv' };

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/api/v1${path}`, options);
}

async function upload(file: string, options: RequestOptions = {}): Promise<string> {
  const reply = await ask('POST', '/uploads', { ...options, body: file, headers: CSV });
  expect(reply).toMatchObject({ status: 201, body: { upload_id: expect.stringMatching(/^upl_/) as string } });
  return String(reply.body['upload_id']);
}

/** Hands a file in, has it imported, and gives the import as it ends. */
async function imported(file: string, options: Record<string, unknown> = {}): Promise<Reply['body']> {
  const reply = await ask('POST', '/contacts/import', { body: { upload_id: await upload(file), ...options } });
  expect(reply).toMatchObject({ status: 201, body: { import_id: expect.stringMatching(/^imp_/) as string } });
  await world.settle();
  return (await ask('GET', `/imports/${String(reply.body['import_id'])}`)).body;
}

async function refusedRows(job: Reply['body']): Promise<string[]> {
  const reply = await ask('GET', `/imports/${String(job['import_id'])}/refused`);
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/csv; charset=utf-8' } });
  return reply.raw.toString().split('\r\n').slice(0, -1);
}

async function contact(phone: string): Promise<Record<string, unknown> | undefined> {
  return world.core.db
    .selectFrom('contacts')
    .selectAll()
    .where('account_id', '=', world.account.id)
    .where('mode', '=', 'test')
    .where('phone', '=', phone)
    .executeTakeFirst();
}

/** What the hourly housekeeping does after that time. */
async function purgeLater(ms: number): Promise<void> {
  const now = (): number => world.clock.now() + ms;
  await purgeUploads({ ...world.core, clock: { ...world.clock, now } });
}

let port: Promise<{ port: number }> | undefined;
async function listening(): Promise<number> {
  return (await (port ??= world.platform.server.listen())).port;
}

/** The files that the platform knows of. */
async function kept(): Promise<string[]> {
  const rows = await world.core.db.selectFrom('uploads').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** A file on a disk that takes 100,000 bytes. */
function almostFullDisk(path: string): Writable {
  const file = createWriteStream(path);
  let written = 0;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if ((written += chunk.length) <= 100_000) file.write(chunk, done);
      else done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
    },
    destroy(error, done) {
      file.destroy();
      file.once('close', () => done(error));
    },
  });
}

async function countContacts(): Promise<number> {
  const rows = await world.core.db.selectFrom('contacts').select('id').execute();
  return rows.length;
}

describe('the end of an import', () => {
  test('is told to registered endpoints, once, and its rows are not', async () => {
    const receiver = await openReceiver();
    try {
      const events = ['import.completed', 'import.failed', 'contact.optout'];
      const made = await ask('POST', '/webhook_endpoints', { body: { url: receiver.url, events } });
      expect(made.status).toBe(201);
      const job = await imported('phone,opted_out_sms\n+12125550105,yes\n12,\n');
      await world.runUntil('the webhook', () => receiver.events('import.completed').length > 0);
      expect(receiver.events('import.completed')).toEqual([
        {
          event: 'import.completed',
          import_id: job['import_id'],
          kind: 'contacts',
          status: 'completed',
          upload_id: job['upload_id'],
          list_id: null,
          campaign_id: null,
          rows: { read: 2, created: 1, changed: 0, duplicate: 0, refused: 1 },
          error: null,
          timestamp: job['ended_at'],
        },
      ]);
      const failed = await imported('name\nAda\n');
      await world.runUntil('the webhook', () => receiver.events('import.failed').length > 0);
      expect(receiver.events('import.failed')).toMatchObject([
        { import_id: failed['import_id'], error: failed['error'] },
      ]);
      expect(receiver.received).toHaveLength(2);
      await ask('DELETE', `/webhook_endpoints/${String(made.body['webhook_endpoint_id'])}`);
    } finally {
      await receiver.close();
    }
  });
});

describe('POST /api/v1/uploads', () => {
  test('keeps a file, and says for how long', async () => {
    const reply = await ask('POST', '/uploads?name=people.csv', { body: 'phone\n+12125550100\n', headers: CSV });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      upload_id: expect.stringMatching(/^upl_/) as string,
      bytes: 19,
      expires_at: `${new Date(world.clock.now() + UPLOAD_LIMITS.keptHours * 3_600_000).toISOString().slice(0, 19)}Z`,
    });
  });

  test.each<[string, RequestOptions, number, string]>([
    ['a key is missing', { body: 'phone\n', headers: CSV, key: null }, 401, 'unauthorized'],
    ['it is empty', { body: '', headers: CSV }, 400, 'invalid_request'],
    ['it is JSON', { body: { phone: '+12125550100' } }, 400, 'invalid_request'],
    ['it is something else', { body: 'x', headers: { 'content-type': 'image/png' } }, 400, 'unsupported_media_type'],
    [
      'it says that it is too large',
      { body: 'x', headers: { ...CSV, 'content-length': String(UPLOAD_LIMITS.bytes + 1) } },
      413,
      'body_too_large',
    ],
  ])('is refused where %s', async (_, options, status, code) => {
    expect(await ask('POST', '/uploads', options)).toMatchObject({ status, body: { error: { code } } });
  });

  const BOUNDARY = 'edge-of-a-part';
  const form = (...parts: string[]) => ({
    body: [...parts.map((part) => `--${BOUNDARY}\r\n${part}\r\n`), `--${BOUNDARY}--\r\n`].join(''),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  });
  const part = (name: string, content: string, more = '') =>
    `Content-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}`;
  const PEOPLE = part('file', 'phone,first_name\n+12125550102,Zo\u00eb\n', '; filename="people.csv"');

  test('takes the one file of a form, whatever its field is called', async () => {
    const reply = await ask('POST', '/uploads', form(part('note', 'spring'), PEOPLE, part('last', 'x')));
    expect(reply).toMatchObject({ status: 201, body: { bytes: 35 } });
    const started = await ask('POST', '/contacts/import', { body: { upload_id: reply.body['upload_id'] } });
    await world.settle();
    expect((await ask('GET', `/imports/${String(started.body['import_id'])}`)).body).toMatchObject({
      status: 'completed',
      rows: { read: 1, created: 1 },
    });
    expect(await contact('+12125550102')).toMatchObject({ first_name: 'Zo\u00eb' });
  });

  test.each<[string, RequestOptions]>([
    ['no file', form(part('file', 'phone'))],
    ['two files', form(PEOPLE, PEOPLE)],
    ['too many fields', form(...Array.from({ length: 21 }, (_, index) => part(`f${index}`, 'x')), PEOPLE)],
    ['no end', { ...form(), body: `--${BOUNDARY}\r\n${PEOPLE}` }],
    ['no boundary', { ...form(PEOPLE), headers: { 'content-type': 'multipart/form-data' } }],
    ['nothing in it', { ...form(), body: '' }],
  ])('refuses a form with %s, and keeps nothing', async (_, options) => {
    const before = await kept();
    expect(await ask('POST', '/uploads', options)).toMatchObject({
      status: 400,
      body: { error: { code: 'malformed_body', message: expect.stringMatching(/form/) as string } },
    });
    expect(await kept()).toEqual(before);
  });

  test('a full disk is told of, in both forms, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sidetone-full-'));
    const { uploads } = world.core;
    const before = await kept();
    world.core.uploads = new UploadedFiles(folder, almostFullDisk);
    try {
      const file = `phone\n${'+12125550103\n'.repeat(20_000)}`;
      for (const options of [{ body: file, headers: CSV }, form(part('file', file, '; filename="people.csv"'))]) {
        const reply = await ask('POST', '/uploads', options);
        expect([reply.status, reply.body]).toMatchObject([
          507,
          { error: { message: 'There is no room for the file on our disk; nothing of it was kept.' } },
        ]);
        expect(readdirSync(folder)).toEqual([]);
        expect(await kept()).toEqual(before);
      }
    } finally {
      world.core.uploads = uploads;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each(['text/csv', `multipart/form-data; boundary=${BOUNDARY}`])(
    'of a sender who goes away in the middle leaves nothing behind: %s',
    async (type) => {
      const folder = mkdtempSync(join(tmpdir(), 'sidetone-gone-'));
      const { uploads } = world.core;
      const before = await kept();
      world.core.uploads = new UploadedFiles(folder);
      try {
        const socket = connect(await listening(), '127.0.0.1');
        const begin = type === 'text/csv' ? 'phone\n' : form(PEOPLE).body.slice(0, 120);
        socket.write(
          `POST /api/v1/uploads HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer ${world.keys.test}\r\n` +
            `Content-Type: ${type}\r\nContent-Length: 100000\r\n\r\n${begin}`,
        );
        await eventually(async () => {
          expect(readdirSync(folder)).toHaveLength(1);
          expect(await kept()).toHaveLength(before.length + 1);
        });
        socket.destroy();
        await eventually(async () => {
          expect(readdirSync(folder)).toEqual([]);
          expect(await kept()).toEqual(before);
        });
      } finally {
        world.core.uploads = uploads;
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test('is deleted a day after its last use, with its file', async () => {
    const id = await upload('phone\n+12125550101\n');
    await purgeLater(UPLOAD_LIMITS.keptHours * 3_600_000);
    expect(await ask('POST', '/contacts/import', { body: { upload_id: id } })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', field: 'upload_id' } },
    });
    await expect(world.core.uploads.read(`${id}.csv`)).rejects.toThrow('ENOENT');
  });
});

describe('an import', () => {
  test('makes contacts of a file with every column', async () => {
    const job = await imported(
      'Phone,First Name,last_name,email,Tags,external_id,time_zone,Shoe size\n' +
        '+12125550110,Ada,Lovelace,ada@example.org,vip;math,crm-1,Europe/London,38\n' +
        '(212) 555-0111,,,,,,,\n',
      { tags: ['spring'] },
    );
    expect(job).toMatchObject({
      kind: 'contacts',
      status: 'completed',
      rows: { read: 2, created: 2, changed: 0, unchanged: 0, duplicate: 0, refused: 0 },
      refused_url: null,
      error: null,
      list_id: null,
    });
    expect(job['bytes_read']).toBe(job['bytes']);
    expect(await contact('+12125550110')).toMatchObject({
      name: 'Ada Lovelace',
      first_name: 'Ada',
      last_name: 'Lovelace',
      email: 'ada@example.org',
      external_id: 'crm-1',
      time_zone: 'Europe/London',
      tags: ['math', 'spring', 'vip'],
      fields: { 'Shoe size': '38' },
    });
    expect(await contact('+12125550111')).toMatchObject({ name: null, tags: ['spring'], fields: {} });
  });

  test('changes what a file says of known contacts, and nothing else', async () => {
    await imported('phone,first_name,last_name,city,size\n+12125550120,Ada,Byron,London,38\n+12125550121,Al,,,\n');
    const job = await imported(
      'phone,last_name,city,shade,tags\n+12125550120,Lovelace,,red,vip\n+12125550121,,,,\n+12125550122,New,,,\n',
    );
    expect(job['rows']).toEqual({ read: 3, created: 1, changed: 1, unchanged: 1, duplicate: 0, refused: 0 });
    expect(await contact('+12125550120')).toMatchObject({
      name: 'Ada Lovelace',
      city: 'London',
      fields: { size: '38', shade: 'red' },
      tags: ['vip'],
    });
    const again = await imported('phone,name\n+12125550120,Somebody Else\n+12125550123,Ann\n', { update: false });
    expect(again['rows']).toMatchObject({ created: 1, changed: 0, unchanged: 1 });
    expect(await contact('+12125550120')).toMatchObject({ name: 'Ada Lovelace' });
    await imported('phone,name\n+12125550120,Somebody Else\n');
    expect(await contact('+12125550120')).toMatchObject({ name: 'Somebody Else', first_name: null, last_name: null });
  });

  test('refuses rows one by one, each with its line, its column and why, in a file that can be corrected', async () => {
    const job = await imported(
      'phone,name,email,time_zone,external_id\n' +
        '12,Short,,,\n' +
        '+12125550130,Good,,,a-1\n' +
        '+12125550131,Bad mail,nobody,,\n' +
        '+12125550132,"=1+1, ""x""",,Mars/Base,\n' +
        '+12125550133,Too few\n' +
        '+12125550134,Too many,,,,x\n' +
        '+12125550130,Later,,,a-1\n' +
        '+12125550135,Same id,,,a-1\n',
    );
    expect(job['rows']).toEqual({ read: 8, created: 1, changed: 0, unchanged: 0, duplicate: 1, refused: 6 });
    expect(job['refused_url']).toBe(`http://127.0.0.1:8080/api/v1/imports/${String(job['import_id'])}/refused`);
    const rows = await refusedRows(job);
    expect(rows[0]).toBe('line,column,reason,phone,name,email,time_zone,external_id');
    expect(rows.slice(1).map((row) => row.split(',').slice(0, 2).join(','))).toEqual([
      '2,phone',
      '4,email',
      '5,time_zone',
      '6,',
      '7,',
      '3,phone',
      '9,external_id',
    ]);
    expect(rows[3]).toContain(`"'=1+1, ""x"""`);
    expect(rows[6]).toBe('3,phone,"The number comes again in line 8, which counts.",+12125550130,Good,,,a-1');
    expect(await contact('+12125550130')).toMatchObject({ name: 'Later', external_id: 'a-1' });
    // The file of refused rows, corrected, can be handed in as it is.
    const corrected = [rows[0], rows[2]?.replace(',nobody,', ',somebody@example.org,'), ''].join('\r\n');
    const second = await imported(corrected, { columns: { line: null, column: null, reason: null } });
    expect(second['rows']).toMatchObject({ read: 1, created: 1, refused: 0 });
  });

  test('reads columns as it is told', async () => {
    const file = 'Mobile;Notes;Colour\n+12125550140;secret;red\n';
    await imported(file, { columns: { Mobile: 'phone', Notes: null } });
    expect(await contact('+12125550140')).toMatchObject({ fields: { Colour: 'red' } });
    await imported('phone,other\n+12125550141,x\n', { unknown_columns: 'ignore' });
    expect(await contact('+12125550141')).toMatchObject({ fields: {} });
  });

  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ['a heading alone', 'phone,name\n', {}, /no rows below its heading/],
    ['no column of numbers', 'name\nAda\n', {}, /no column "phone"/],
    ['a column twice', 'phone,Phone\n1,2\n', {}, /Two columns of the file stand for "phone"/],
    ['a mapping of what is not there', 'phone\n+12125550150\n', { columns: { Cell: 'phone' } }, /no column "Cell"/],
    ['unknown columns, where they are refused', 'phone,x\n+12125550150,1\n', { unknown_columns: 'refuse' }, /"x"/],
    ['a quote that never closes', 'phone,name\n+12125550150,"Ada\n+12125550151,Al\n', {}, /never closed/],
  ])('of %s fails with a sentence, and applies nothing', async (_, file, options, sentence) => {
    const before = await countContacts();
    const job = await imported(file, options);
    expect(job).toMatchObject({ status: 'failed', rows: { created: 0 } });
    expect(job['error']).toMatch(sentence);
    expect(await countContacts()).toBe(before);
    expect(await world.core.db.selectFrom('import_rows').selectAll().execute()).toEqual([]);
  });

  test.each<[string, unknown, number, string]>([
    ['no upload', {}, 400, 'upload_id'],
    ['one that is not there', { upload_id: 'upl_x' }, 404, 'upload_id'],
    ['a list that is not there', { upload_id: 'upl_x', list_id: 'lst_x' }, 404, 'list_id'],
    ['an unknown field', { upload_id: 'upl_x', colour: 'red' }, 400, 'colour'],
    ['a bad tag', { upload_id: 'upl_x', tags: [''] }, 400, 'tags'],
  ])('is refused with %s', async (_, body, status, field) => {
    expect(await ask('POST', '/contacts/import', { body })).toMatchObject({ status, body: { error: { field } } });
  });

  test('and its file are of one account and one mode', async () => {
    const uploadId = await upload('phone\n+12125550160\n');
    for (const key of [stranger, world.keys.live]) {
      const reply = await ask('POST', '/contacts/import', { body: { upload_id: uploadId }, key });
      expect(reply.status).toBe(404);
    }
    const job = await imported('phone\n12\n');
    const id = String(job['import_id']);
    for (const key of [stranger, world.keys.live]) {
      for (const [method, path] of [
        ['GET', `/imports/${id}`],
        ['GET', `/imports/${id}/refused`],
        ['POST', `/imports/${id}/cancel`],
      ] as const) {
        expect(await ask(method, path, { key })).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
      }
      expect((await ask('GET', '/imports', { key })).body).toEqual({ imports: [], next_cursor: null });
    }
  });

  test('can be canceled before it is read', async () => {
    const { id } = await world.core.db
      .insertInto('imports')
      .values({
        id: 'imp_waiting',
        account_id: world.account.id,
        mode: 'test',
        kind: 'contacts',
        upload_id: 'upl_x',
        status: 'queued',
        bytes: 1,
        created_at: new Date(world.clock.now()),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    expect((await ask('POST', `/imports/${id}/cancel`)).body).toMatchObject({ status: 'canceled' });
    await world.settle();
    expect((await ask('GET', `/imports/${id}`)).body).toMatchObject({ status: 'canceled', cancel_requested: true });
    expect(await ask('POST', `/imports/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { error: { code: 'import_already_ended' } },
    });
  });

  test('is found in a list, page by page', async () => {
    const { body: first } = await ask('GET', '/imports?limit=2');
    const { body: second } = await ask('GET', `/imports?limit=2&cursor=${String(first['next_cursor'])}`);
    const ids = [first, second].flatMap((page) =>
      (page['imports'] as { import_id: string }[]).map(({ import_id: id }) => id),
    );
    expect(ids).toEqual([...new Set(ids)].sort().reverse());
    expect(ids).toHaveLength(4);
  });

  test('keeps its refused rows for a week', async () => {
    const job = await imported('phone\n12\n');
    await purgeLater(IMPORT_LIMITS.refusedKeptDays * 86_400_000);
    expect(await ask('GET', `/imports/${String(job['import_id'])}/refused`)).toMatchObject({ status: 404 });
  });
});

describe('an export', () => {
  test('is an import: the same contacts come out of it in an empty account', async () => {
    await imported(
      'phone,first_name,last_name,city,tags,consent_sms,consent_voice,opted_out_voice,opted_out_sms,Size,Formula\n' +
        '+13125550170,Ada,Lovelace,"London, UK",vip;x,web form,yes,no,no,38,=1+1\n' +
        '+13125550171,Al,,,x,,,yes,no,,\n' +
        '+13125550172,"Line\nend",,,x,,,yes,yes,,\'quoted\n',
    );
    const first = await ask('GET', '/contacts/export?tag=x');
    expect(first).toMatchObject({ status: 200, headers: { 'content-type': 'text/csv; charset=utf-8' } });
    const file = first.raw.toString();
    expect(file).toContain("'=1+1");
    const uploadId = await upload(file, { key: stranger });
    await ask('POST', '/contacts/import', { body: { upload_id: uploadId }, key: stranger });
    await world.settle();
    const people = async (key: string): Promise<unknown[]> => {
      const { contacts } = (await ask('GET', '/contacts?tag=x', { key })).body as {
        contacts: Record<string, unknown>[];
      };
      return contacts.map(({ contact_id: _id, created_at: _made, updated_at: _changed, ...known }) => known);
    };
    expect(await people(stranger)).toEqual(await people(world.keys.test));
    expect(await people(stranger)).toHaveLength(3);
    const found = await ask('GET', '/contacts?phone=%2B13125550170', { key: stranger });
    expect(found.body['contacts']).toMatchObject([
      {
        variables: { Size: '38', Formula: '=1+1' },
        consent: { sms: { granted: true, basis: 'web form', source: 'import' }, voice: { granted: true, basis: null } },
        opted_out: { voice: false, sms: false },
      },
    ]);
    const out = await ask('GET', '/contacts?tag=x&opted_out=true', { key: stranger });
    expect((out.body['contacts'] as { opted_out: unknown }[]).map(({ opted_out: optedOut }) => optedOut)).toEqual([
      { voice: true, sms: false },
      { voice: true, sms: true },
    ]);
  });

  test('lifts no opt-out when it comes back, and writes a consent once', async () => {
    const file = 'phone,opted_out_voice,opted_out_sms,consent_sms\n+13125550175,yes,yes,form\n';
    await imported(file);
    await imported(file.replace('yes,yes', 'no,no'));
    const { contacts } = (await ask('GET', '/contacts?phone=%2B13125550175')).body as {
      contacts: { contact_id: string; opted_out: unknown }[];
    };
    expect(contacts).toMatchObject([{ opted_out: { voice: true, sms: true } }]);
    const { body } = await ask('GET', `/contacts/${contacts[0]?.contact_id ?? ''}/consents`);
    expect(body['consents']).toHaveLength(1);
  });

  test('gives each of them the consent that the import was told of, and makes them members of a list', async () => {
    const { list_id: listId } = (await ask('POST', '/lists', { body: { name: 'Imported' } })).body;
    const job = await imported('phone,consent_sms\n+13125550177,\n+13125550178,own\n', {
      list_id: listId,
      consent: { sms: { basis: 'fair of 2026' } },
    });
    expect(job).toMatchObject({ status: 'completed', list_id: listId });
    const { body } = await ask('GET', `/lists/${String(listId)}/members`);
    expect(
      (body['contacts'] as { consent: { sms: { basis: string } } }[]).map(({ consent }) => consent.sms.basis),
    ).toEqual(['fair of 2026', 'own']);
  });
});
