import { afterEach, describe, expect, it } from 'vitest';
import { describeMailerConformance } from '#email/conformance.js';
import type { Mailer } from '#email/mailer.js';
import { openSmtp, type SmtpOptions } from '#email/smtp.js';
import { TestMailServer, type TestMailServerOptions } from '#email/smtp-server.fixture.js';
import { certificateOne } from '#test/wire/certificates.js';

const LOCAL = { host: '127.0.0.1', implicitTls: false, verify: false, from: 'Phone <phone@example.com>' };

describeMailerConformance('smtp', async (from) => {
  const server = await TestMailServer.open();
  return {
    mailer: openSmtp({ ...LOCAL, port: server.port, from }),
    letters: async () => server.letters.map(({ raw }) => raw),
    close: () => server.close(),
  };
});

describe('a mail server', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });
  const start = async (
    options: TestMailServerOptions,
    more: Partial<SmtpOptions> = {},
  ): Promise<{ server: TestMailServer; mailer: Mailer }> => {
    const server = await TestMailServer.open(options);
    const mailer = openSmtp({ ...LOCAL, port: server.port, ...more });
    opened.push(server, mailer);
    return { server, mailer };
  };
  const mail = { id: 'eml_1', at: new Date(0), to: 'anna@example.com', subject: 'Hello', text: 'Hello.' };
  const credentials = { username: 'phone', password: 'pass wörd' };

  it.each([
    ['AUTH PLAIN', credentials],
    ['AUTH LOGIN', { ...credentials, login: true }],
  ])('is shown who we are by %s', async (_, asked) => {
    const { server, mailer } = await start({ credentials: asked }, credentials);
    expect(await mailer.send(mail)).toEqual({ ok: true });
    expect(server.letters).toMatchObject([{ username: 'phone', from: 'phone@example.com', to: 'anna@example.com' }]);
  });

  it('that does not know us is tried again later: the letter is not at fault', async () => {
    const { mailer } = await start({ credentials }, { ...credentials, password: 'wrong' });
    expect(await mailer.send(mail)).toEqual({
      ok: false,
      isFinal: false,
      error: 'the server does not know us: 535 5.7.8 no',
    });
  });

  it('is spoken to over TLS where it offers it, before who we are is said', async () => {
    const { server, mailer } = await start({ tls: certificateOne, credentials }, credentials);
    expect(await mailer.send(mail)).toEqual({ ok: true });
    expect(server.letters).toMatchObject([{ encrypted: true, username: 'phone' }]);
    const [first, second, ...rest] = server.commands.map((line) => line.split(' ')[0]);
    expect([first, second, ...rest]).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'QUIT']);
  });

  it('may speak TLS from the first byte', async () => {
    const { server, mailer } = await start({ tls: { ...certificateOne, implicit: true } }, { implicitTls: true });
    expect(await mailer.send(mail)).toEqual({ ok: true });
    expect(server.letters).toMatchObject([{ encrypted: true }]);
  });

  it.each([[false], [true]])(
    'whose certificate nobody vouches for is not spoken to (implicit: %s)',
    async (implicit) => {
      const { server, mailer } = await start(
        { tls: { ...certificateOne, implicit } },
        { implicitTls: implicit, verify: true },
      );
      const result = await mailer.send(mail);
      expect(result).toMatchObject({ ok: false, isFinal: false });
      expect((result as { error: string }).error).toMatch(/certificate/);
      expect(server.letters).toEqual([]);
    },
  );

  it('refuses a recipient for good, or until later', async () => {
    const { server, mailer } = await start({
      recipient: (address, asked) => {
        if (address === 'nobody@example.com') return '550 5.1.1 no such person';
        return address === 'grey@example.com' && asked === 1 ? '451 4.7.1 come again' : undefined;
      },
    });
    expect(await mailer.send({ ...mail, to: 'nobody@example.com' })).toEqual({
      ok: false,
      isFinal: true,
      error: 'the recipient is refused: 550 5.1.1 no such person',
    });
    expect(await mailer.send({ ...mail, to: 'grey@example.com' })).toMatchObject({ ok: false, isFinal: false });
    expect(await mailer.send({ ...mail, to: 'grey@example.com' })).toEqual({ ok: true });
    expect(server.letters.map(({ to }) => to)).toEqual(['grey@example.com']);
  });

  it.each([
    [{ data: '554 5.6.0 spam' }, true],
    [{ data: '452 4.3.1 full' }, false],
    [{ greeting: '554 not here' }, false],
    [{ greeting: 'HTTP/1.1 400 Bad Request' }, false],
  ])('says no (%j)', async (options, isFinal) => {
    const { server, mailer } = await start(options);
    expect(await mailer.send(mail)).toMatchObject({ ok: false, isFinal });
    expect(server.letters).toEqual([]);
  });

  it('that never comes to the end of what it says keeps nobody waiting', async () => {
    const { mailer } = await start({ greeting: '220-One moment, please.' }, { longestMs: 200 });
    const refused = { ok: false, isFinal: false, error: expect.stringContaining('too long') as string };
    expect(await mailer.send(mail)).toMatchObject(refused);
  });

  it('is not given an address that would be another command', async () => {
    const { server, mailer } = await start({});
    for (const to of ['anna', 'a@b> SIZE=1', 'a b@example.com', 'a@example.com\r\nRCPT TO:<eve@example.com>']) {
      expect(await mailer.send({ ...mail, to })).toMatchObject({ ok: false, isFinal: true });
    }
    expect(server.commands.filter((line) => line.startsWith('RCPT'))).toEqual([]);
  });

  it('that is not there is told', async () => {
    const { server, mailer } = await start({});
    await server.close();
    opened.shift();
    expect(await mailer.send(mail)).toMatchObject({ ok: false, isFinal: false });
  });

  it('is not given a password in the clear', async () => {
    // Nothing is sent to this name: it is a name of loopback that does not look like one.
    const { server, mailer } = await start({ credentials }, { ...credentials, host: '0.0.0.0' });
    const result = await mailer.send(mail);
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining('not sent in the clear') as string });
    expect(server.commands).not.toContain('AUTH');
  });
});
