/** Letters to a mail server that takes them on (submission, RFC 6409): one connection each, over TLS wherever it can be. */
import { hostname } from 'node:os';
import { formatMail, readSender } from '#email/format-mail.js';
import type { Mail, Mailer, MailResult } from '#email/mailer.js';
import { SmtpConnection, SmtpError, type SmtpEndpoint, type SmtpReply } from '#email/smtp-connection.js';

export interface SmtpOptions extends SmtpEndpoint {
  username?: string | undefined;
  password?: string | undefined;
  from: string;
}

/** A reply that ends the try. `isFinal`: of this letter, not of this server. */
class Refused extends Error {
  constructor(
    what: string,
    { code, lines }: SmtpReply,
    readonly isFinal: boolean,
  ) {
    super(`${what}: ${code} ${lines.join(' ').slice(0, 200)}`);
  }
}

export function openSmtp(options: SmtpOptions): Mailer {
  const working = new Set<Promise<MailResult>>();
  let closed = false;
  return {
    name: 'smtp',
    send(mail) {
      if (closed) return Promise.resolve({ ok: false, isFinal: false, error: 'the mailer is closed' });
      const work = send(options, mail);
      working.add(work);
      return work.finally(() => working.delete(work));
    },
    async close() {
      closed = true;
      await Promise.all(working);
    },
  };
}

async function send(options: SmtpOptions, mail: Mail): Promise<MailResult> {
  let connection: SmtpConnection | undefined;
  try {
    const opened = await SmtpConnection.open(options);
    connection = opened.connection;
    if (opened.greeting.code !== 220) throw new Refused('the server takes nothing', opened.greeting, false);
    const extensions = await greet(connection);
    await authenticate(connection, options, extensions);
    await transfer(connection, options, mail);
    // It has taken the letter: how the parting goes is all the same.
    await connection.command('QUIT').catch(() => undefined);
    return { ok: true };
  } catch (error) {
    const known = error instanceof Refused || error instanceof SmtpError;
    const why = known ? error.message : `the letter was not sent: ${String(error)}`;
    return { ok: false, isFinal: error instanceof Refused && error.isFinal, error: why };
  } finally {
    connection?.close();
  }
}

/** The server's extensions, by their keyword; over TLS where it offers it. */
async function greet(connection: SmtpConnection): Promise<Map<string, string>> {
  const extensions = await sayHello(connection);
  if (connection.isEncrypted || !extensions.has('STARTTLS')) return extensions;
  expect('STARTTLS', await connection.command('STARTTLS'), 220);
  await connection.startTls();
  // What was said in the clear counts no more (RFC 3207 section 4.2).
  return sayHello(connection);
}

async function sayHello(connection: SmtpConnection): Promise<Map<string, string>> {
  const reply = await connection.command(`EHLO ${hostname().replace(/[^A-Za-z0-9.-]/g, '') || 'localhost'}`);
  expect('EHLO', reply, 250);
  return new Map(
    reply.lines.slice(1).map((line) => {
      const [keyword = '', ...rest] = line.split(' ');
      return [keyword.toUpperCase(), rest.join(' ').toUpperCase()];
    }),
  );
}

/** RFC 4954, PLAIN (RFC 4616) or LOGIN; only where nobody can listen. */
async function authenticate(
  connection: SmtpConnection,
  { username, password = '', host }: SmtpOptions,
  extensions: Map<string, string>,
): Promise<void> {
  if (username === undefined) return;
  if (!connection.isEncrypted && !isLoopback(host)) {
    throw new SmtpError('the server offers no TLS, and the password is not sent in the clear');
  }
  const ways = (extensions.get('AUTH') ?? '').split(' ');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  if (ways.includes('PLAIN')) {
    const reply = await connection.command(`AUTH PLAIN ${base64(`\0${username}\0${password}`)}`);
    return expect('the server does not know us', reply, 235);
  }
  if (!ways.includes('LOGIN')) throw new SmtpError('the server offers neither AUTH PLAIN nor AUTH LOGIN');
  expect('AUTH LOGIN', await connection.command('AUTH LOGIN'), 334);
  expect('AUTH LOGIN', await connection.command(base64(username)), 334);
  expect('the server does not know us', await connection.command(base64(password)), 235);
}

async function transfer(connection: SmtpConnection, { from }: SmtpOptions, mail: Mail): Promise<void> {
  const to = mail.to.trim();
  if (!isAddress(to)) throw new Refused('the address is none', { code: 553, lines: [] }, true);
  expect('the sender is refused', await connection.command(`MAIL FROM:<${readSender(from).address}>`), 250);
  const recipient = await connection.command(`RCPT TO:<${to}>`);
  if (recipient.code !== 250 && recipient.code !== 251) throw refusal('the recipient is refused', recipient);
  const ready = await connection.command('DATA');
  if (ready.code !== 354) throw refusal('the letter is refused', ready);
  const text = formatMail(mail, from).replace(/^\./gm, '..');
  const taken = await connection.raw(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`);
  if (taken.code !== 250) throw refusal('the letter is refused', taken);
}

/** What begins with 5 will be said again (RFC 5321 section 4.2.1). */
function refusal(what: string, reply: SmtpReply): Refused {
  return new Refused(what, reply, reply.code >= 500);
}

/** A server that is set up otherwise may be set right: nothing of this is the letter's fault. */
function expect(what: string, reply: SmtpReply, code: number): void {
  if (reply.code !== code) throw new Refused(what, reply, false);
}

/** As far as it matters on the wire: the server knows which there are. */
function isAddress(text: string): boolean {
  return /^[^\s<>@]+@[^\s<>@]+$/.test(text);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
