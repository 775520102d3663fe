/** One connection to a mail server: commands and their replies, in turn (RFC 5321). */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface SmtpReply {
  code: number;
  /** Without codes, a line each. */
  lines: string[];
}

export interface SmtpEndpoint {
  host: string;
  port: number;
  /** TLS from the first byte (RFC 8314). */
  implicitTls: boolean;
  /** Whether the certificate must be one for the host. */
  verify: boolean;
  /** All of a connection: a server that says a little every minute is not to keep others from it. Default 5 minutes. */
  longestMs?: number | undefined;
}

/** What one command may take (RFC 5321 section 4.5.3.2: minutes; nobody here waits for a person). */
const WITHIN_MS = 60_000;
const LONGEST_MS = 300_000;
const MOST_REPLY_CHARACTERS = 64_000;

export class SmtpError extends Error {
  override readonly name = 'SmtpError';
}

export class SmtpConnection {
  #socket: Socket;
  #text = '';
  #reply: SmtpReply = { code: 0, lines: [] };
  readonly #replies: SmtpReply[] = [];
  #waiting: { resolve: (reply: SmtpReply) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;
  readonly #deadline: NodeJS.Timeout;

  private constructor(
    private readonly endpoint: SmtpEndpoint,
    socket: Socket,
  ) {
    this.#socket = socket;
    this.#attach(socket);
    this.#deadline = setTimeout(() => this.#fail('the letter takes too long'), endpoint.longestMs ?? LONGEST_MS);
    this.#deadline.unref();
  }

  /** Connected, and greeted by the server. @throws SmtpError */
  static async open(endpoint: SmtpEndpoint): Promise<{ connection: SmtpConnection; greeting: SmtpReply }> {
    const { host, port, implicitTls, verify } = endpoint;
    const socket = implicitTls
      ? connectTls({ host, port, servername: serverName(host), rejectUnauthorized: verify })
      : connectTcp({ host, port });
    const connection = new SmtpConnection(endpoint, socket);
    try {
      return { connection, greeting: await connection.#next() };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isEncrypted(): boolean {
    return 'encrypted' in this.#socket && this.#socket.encrypted === true;
  }

  /** Without line breaks in it. @throws SmtpError */
  async command(line: string): Promise<SmtpReply> {
    if (/[\r\n]/.test(line)) throw new SmtpError('a command of two lines');
    return this.raw(`${line}\r\n`);
  }

  /** @throws SmtpError */
  async raw(text: string): Promise<SmtpReply> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#socket.write(text);
    return this.#next();
  }

  /** After the server's 220 to STARTTLS (RFC 3207). @throws SmtpError */
  async startTls(): Promise<void> {
    const { host, verify } = this.endpoint;
    // Whatever came in the clear after the reply was not said by whom we are going to speak with.
    this.#text = '';
    this.#replies.length = 0;
    this.#socket.removeAllListeners();
    const socket = connectTls({ socket: this.#socket, servername: serverName(host), rejectUnauthorized: verify });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error('no answer in time')));
      socket.once('secureConnect', resolve);
      socket.once('error', (error: Error) => reject(new SmtpError(`TLS: ${error.message}`)));
      socket.once('close', () => reject(new SmtpError('the server closed the connection')));
    });
    socket.removeAllListeners('error');
    socket.removeAllListeners('close');
    this.#attach(socket);
  }

  close(): void {
    clearTimeout(this.#deadline);
    this.#socket.on('error', () => undefined);
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #attach(socket: Socket): void {
    socket.setEncoding('utf8');
    socket.setTimeout(WITHIN_MS, () => this.#fail('no answer in time'));
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the server closed the connection'));
  }

  #read(text: string): void {
    this.#text += text;
    if (this.#text.length > MOST_REPLY_CHARACTERS || this.#replies.length > 1) {
      return this.#fail('the server talks without being asked');
    }
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      const line = this.#text.slice(0, end).replace(/\r$/, '');
      this.#text = this.#text.slice(end + 1);
      const [, code, more, rest = ''] = /^(\d{3})([ -]?)(.*)$/.exec(line) ?? [];
      if (code === undefined) return this.#fail('the server does not speak SMTP');
      this.#reply.code = Number(code);
      this.#reply.lines.push(rest);
      if (this.#reply.lines.length > 100) return this.#fail('the server’s reply does not end');
      if (more === '-') continue;
      this.#replies.push(this.#reply);
      this.#reply = { code: 0, lines: [] };
    }
    this.#hand();
  }

  #next(): Promise<SmtpReply> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#hand();
    });
  }

  #hand(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const reply = this.#replies.shift();
    if (reply === undefined && this.#failure === undefined) return;
    this.#waiting = undefined;
    if (reply !== undefined) waiting.resolve(reply);
    else waiting.reject(this.#failure as Error);
  }

  #fail(why: string): void {
    this.#failure ??= new SmtpError(why);
    this.#socket.destroy();
    this.#hand();
  }
}

/** Server names are no addresses (RFC 6066 section 3). */
function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}
