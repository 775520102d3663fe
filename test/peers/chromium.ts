import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { eventually } from '../eventually.js';

/** A message of the DevTools protocol: an answer has an id, an event a method. */
interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  sessionId?: string;
  result?: Record<string, unknown>;
  error?: { message: string };
}

export interface Screen {
  width: number;
  height: number;
  mobile: boolean;
}

const DESKTOP: Screen = { width: 1280, height: 900, mobile: false };
export const PHONE: Screen = { width: 390, height: 844, mobile: true };

/** Nothing is fetched but from 127.0.0.1. */
const FLAGS = [
  ...['--headless=new', '--remote-debugging-pipe', '--disable-gpu', '--no-first-run', '--no-default-browser-check'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-extensions'],
  ...['--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** Chromium without a window, which is told over a pipe what to do (the DevTools protocol). */
export class Chromium {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sidetone-chromium-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #answers = new Map<
    number,
    { resolve: (result: Message['result']) => void; reject: (error: Error) => void }
  >();
  readonly #pages = new Map<string, Page>();
  #asked = 0;
  #unread = '';

  constructor() {
    const env = { PATH: process.env['PATH'], HOME: this.#folder };
    const args = [...FLAGS, `--user-data-dir=${this.#folder}`, 'about:blank'];
    // What it says goes to the third and the fourth: commands in, answers and events out.
    this.#child = spawn('chromium', args, { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.#read(text));
    // When it is ended, what is under way on the pipe breaks off.
    for (const pipe of this.#child.stdio.slice(3)) pipe?.on('error', () => undefined);
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    void this.#ended.then(() => {
      for (const { reject } of this.#answers.values()) reject(new Error('Chromium has ended'));
    });
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = (this.#asked += 1);
    const answer = new Promise<Message['result']>((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return answer.then((result = {}) => result);
  }

  /** A page with cookies and a store of its own. */
  async page(screen: Screen = DESKTOP): Promise<Page> {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId as string));
    this.#pages.set(sessionId as string, page);
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setDeviceMetricsOverride', { ...screen, deviceScaleFactor: 1 });
    return page;
  }

  async close(): Promise<void> {
    // By itself it ends its own children first, which otherwise write into the folder while it is removed.
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    void this.send('Browser.close').catch(() => undefined);
    await this.#ended;
    clearTimeout(kill);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #read(text: string): void {
    const messages = (this.#unread + text).split('\0');
    this.#unread = messages.pop() ?? '';
    for (const message of messages) this.#take(JSON.parse(message) as Message);
  }

  #take({ id, method = '', params = {}, sessionId = '', result, error }: Message): void {
    if (id === undefined) return this.#pages.get(sessionId)?.heard(method, params);
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(error.message));
  }
}

type Send = (method: string, params?: object) => Promise<Record<string, unknown>>;
interface Frame {
  frame: { id: string; url: string };
  childFrames?: Frame[];
}

export class Page {
  /** What went wrong in it: errors that its scripts made or told, and all that its policies refused. */
  readonly faults: string[] = [];

  constructor(readonly send: Send) {}

  heard(method: string, params: Record<string, unknown>): void {
    const { type, level } = (params['entry'] ?? params) as { type?: string; level?: string };
    const isFault =
      method === 'Runtime.exceptionThrown' ||
      (method === 'Runtime.consoleAPICalled' && (type === 'error' || type === 'assert')) ||
      (method === 'Log.entryAdded' && level === 'error');
    if (isFault) this.faults.push(JSON.stringify(params));
  }

  /** Goes there, by way of wherever it is led. */
  async go(url: string): Promise<void> {
    const { errorText } = await this.send('Page.navigate', { url });
    if (errorText !== undefined) throw new Error(`${url}: ${JSON.stringify(errorText)}`);
    await this.until('document.readyState === "complete" && location.href !== "about:blank"');
  }

  /** What a script gives, or what it promises; `inside`: in the frame whose address has this in it. */
  async evaluate<T>(expression: string, inside?: string): Promise<T> {
    const contextId = inside === undefined ? undefined : await this.#worldOf(inside);
    const asked = { expression, contextId, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', asked);
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  }

  /** Waits for what is true; gives it. */
  async until<T = true>(expression: string, inside?: string): Promise<T> {
    let value: T | undefined;
    await eventually(async () => {
      value = await this.evaluate<T>(expression, inside);
      if (!value) throw new Error(`not in the page: ${expression}; it says ${await this.text(inside)}`);
    });
    return value as T;
  }

  async there(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
  }

  text(inside?: string): Promise<string> {
    return this.evaluate('document.body.innerText', inside);
  }

  /** With the mouse, in the middle of it, once it is there. */
  async click(selector: string): Promise<void> {
    const place = await this.until<{ x: number; y: number }>(
      `(() => { const it = document.querySelector(${JSON.stringify(selector)});
        if (!it) return undefined;
        it.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { x, y, width, height } = it.getBoundingClientRect();
        return width > 0 && { x: x + width / 2, y: y + height / 2 }; })()`,
    );
    const how = { ...place, button: 'left', clickCount: 1 };
    for (const type of ['mousePressed', 'mouseReleased']) await this.send('Input.dispatchMouseEvent', { type, ...how });
  }

  /** In place of what stands there. */
  async type(selector: string, text: string): Promise<void> {
    const field = JSON.stringify(selector);
    await this.until(
      `(() => { const it = document.querySelector(${field}); it?.focus(); it?.select(); return !!it; })()`,
    );
    await this.send('Input.insertText', { text });
  }

  async #worldOf(inside: string): Promise<unknown> {
    const { frameTree } = await this.send('Page.getFrameTree');
    const all = (of: Frame): Frame[] => [of, ...(of.childFrames ?? []).flatMap(all)];
    const found = all(frameTree as Frame).find(({ frame }) => frame.url.includes(inside));
    if (found === undefined) throw new Error(`no frame with ${inside}`);
    const world = await this.send('Page.createIsolatedWorld', { frameId: found.frame.id });
    return world['executionContextId'];
  }
}
