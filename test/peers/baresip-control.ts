import { connect, type Socket } from 'node:net';
import { Watch } from '../phones/watch.js';

/** What baresip says of itself over its control connection. */
export interface BaresipEvent {
  type: string;
  /** The far end of a call. */
  peer: string;
  param: string;
  /** The Call-ID. */
  id: string;
}

interface Reply {
  ok: boolean;
  text: string;
}

/** baresip's `ctrl_tcp`: JSON objects in netstrings (`length:text,`), commands one way, replies and events the other. */
export class BaresipControl {
  readonly events: BaresipEvent[] = [];
  readonly watch = new Watch();
  readonly #replies = new Map<string, (reply: Reply) => void>();
  #pending: Buffer = Buffer.alloc(0);
  #commands = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => this.#take(data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const reply of this.#replies.values()) reply({ ok: false, text: 'the control connection is closed' });
    });
  }

  static open(port: number): Promise<BaresipControl> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new BaresipControl(socket)));
      socket.once('error', reject);
    });
  }

  /** Resolves with what baresip answers; rejects when it refuses. */
  async command(command: string, params = ''): Promise<string> {
    const token = String(++this.#commands);
    const text = JSON.stringify({ command, params, token });
    const reply = await new Promise<Reply>((resolve) => {
      this.#replies.set(token, resolve);
      this.socket.write(`${Buffer.byteLength(text)}:${text},`);
    });
    this.#replies.delete(token);
    if (!reply.ok) throw new Error(`baresip refused "${command} ${params}": ${reply.text}`);
    return reply.text;
  }

  close(): void {
    this.watch.close('baresip was closed');
    this.socket.destroy();
  }

  #take(data: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, data]);
    for (;;) {
      const colon = this.#pending.indexOf(':');
      const length = Number(this.#pending.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || this.#pending.length < colon + length + 2) return;
      this.#message(this.#pending.subarray(colon + 1, colon + 1 + length).toString());
      this.#pending = this.#pending.subarray(colon + length + 2);
    }
  }

  #message(text: string): void {
    const fields = JSON.parse(text) as Record<string, unknown>;
    const textOf = (name: string): string => {
      const value = fields[name];
      return typeof value === 'string' ? value : '';
    };
    if (fields.response === true)
      this.#replies.get(textOf('token'))?.({ ok: fields.ok === true, text: textOf('data') });
    else {
      this.events.push({ type: textOf('type'), peer: textOf('peeruri'), param: textOf('param'), id: textOf('id') });
      this.watch.changed();
    }
  }
}
