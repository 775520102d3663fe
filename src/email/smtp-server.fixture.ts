/** A small mail server for tests: real sockets on loopback, what it was given, and refusals by address. */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';

export interface TestMailServerOptions {
  /** Offers STARTTLS with it, or speaks TLS from the first byte (`implicit`). */
  tls?: { cert: string; key: string; implicit?: boolean };
  /** Asks for it; `login`: offers AUTH LOGIN alone. */
  credentials?: { username: string; password: string; login?: boolean };
  /** The reply to `RCPT TO` of an address, by how often it was asked; undefined: it is taken. */
  recipient?: (address: string, asked: number) => string | undefined;
  /** In place of its greeting. */
  greeting?: string;
  /** Says this to DATA's end. */
  data?: string;
}

export interface TakenLetter {
  from: string;
  to: string;
  raw: string;
  encrypted: boolean;
  username: string | undefined;
}

export class TestMailServer {
  readonly letters: TakenLetter[] = [];
  /** Every command, without what was said after AUTH. */
  readonly commands: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #asked = new Map<string, number>();

  private constructor(
    private readonly server: Server,
    private readonly options: TestMailServerOptions,
  ) {}

  static async open(options: TestMailServerOptions = {}): Promise<TestMailServer> {
    const { tls } = options;
    const server = tls?.implicit === true ? createTlsServer({ cert: tls.cert, key: tls.key }) : createServer();
    const mail = new TestMailServer(server, options);
    server.on(tls?.implicit === true ? 'secureConnection' : 'connection', (socket: Socket) => mail.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return mail;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #serve(first: Socket): void {
    let socket = first;
    let text = '';
    let letter: Partial<TakenLetter> = {};
    let isData = false;
    let username: string | undefined;
    let login: string[] | undefined;
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const isEncrypted = (): boolean => socket instanceof TLSSocket;

    const obey = (line: string): void => {
      if (login !== undefined) {
        login.push(Buffer.from(line, 'base64').toString());
        if (login.length === 1) return say('334 UGFzc3dvcmQ6');
        const [name = '', password = ''] = login;
        login = undefined;
        return judge(name, password);
      }
      const verb = line.split(/[ :]/)[0]!.toUpperCase();
      this.commands.push(verb === 'AUTH' ? 'AUTH' : line);
      if (verb === 'EHLO') return hello();
      if (verb === 'STARTTLS') return startTls();
      if (verb === 'AUTH') return authenticate(line);
      if (verb === 'QUIT') return void socket.end('221 bye\r\n');
      if (verb === 'MAIL') {
        if (this.options.credentials !== undefined && username === undefined) return say('530 5.7.0 who are you?');
        letter = { from: /<(.*)>/.exec(line)?.[1] ?? '' };
        return say('250 ok');
      }
      if (verb === 'RCPT') {
        const to = /<(.*)>/.exec(line)?.[1] ?? '';
        const asked = (this.#asked.get(to) ?? 0) + 1;
        this.#asked.set(to, asked);
        const refusal = this.options.recipient?.(to, asked);
        if (refusal !== undefined) return say(refusal);
        letter.to = to;
        return say('250 ok');
      }
      if (verb === 'DATA') {
        isData = true;
        return say('354 go on');
      }
      return say('500 what?');
    };

    const hello = (): void => {
      const { tls, credentials } = this.options;
      const offers = [
        ...(tls !== undefined && !isEncrypted() ? ['STARTTLS'] : []),
        ...(credentials === undefined ? [] : [credentials.login === true ? 'AUTH LOGIN' : 'AUTH PLAIN LOGIN']),
        '8BITMIME',
      ];
      say(
        ['250-test', ...offers.map((offer, at) => `250${at === offers.length - 1 ? ' ' : '-'}${offer}`)].join('\r\n'),
      );
    };

    const startTls = (): void => {
      const { tls } = this.options;
      if (tls === undefined) return say('502 no');
      say('220 go ahead');
      socket.removeAllListeners('data');
      listen(new TLSSocket(socket, { isServer: true, cert: tls.cert, key: tls.key }));
    };

    const authenticate = (line: string): void => {
      const [, way, initial] = line.split(' ');
      if (way === 'LOGIN') {
        login = [];
        return say('334 VXNlcm5hbWU6');
      }
      const [, name = '', password = ''] = Buffer.from(initial ?? '', 'base64')
        .toString()
        .split('\0');
      judge(name, password);
    };

    const judge = (name: string, password: string): void => {
      const { credentials } = this.options;
      if (name !== credentials?.username || password !== credentials.password) return say('535 5.7.8 no');
      username = name;
      say('235 welcome');
    };

    const listen = (next: Socket): void => {
      socket = next;
      this.#sockets.add(next);
      next.setEncoding('utf8');
      next.on('error', () => undefined);
      next.on('close', () => this.#sockets.delete(next));
      next.on('data', (more: string) => {
        text += more;
        for (;;) {
          const end = isData ? text.indexOf('\r\n.\r\n') : text.indexOf('\r\n');
          if (end < 0) return;
          const part = text.slice(0, end);
          text = text.slice(end + (isData ? 5 : 2));
          if (!isData) {
            obey(part);
            continue;
          }
          isData = false;
          const raw = `${part.replace(/^\.\./gm, '.')}\r\n`;
          const reply = this.options.data ?? '250 taken';
          if (reply.startsWith('2')) {
            const { from = '', to = '' } = letter;
            this.letters.push({ from, to, raw, encrypted: isEncrypted(), username });
          }
          say(reply);
        }
      });
    };

    listen(first);
    say(this.options.greeting ?? '220 test');
  }
}
