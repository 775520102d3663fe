/**
 * Calls a worker thread, one request at a time. A thread that crashes is replaced and its request tried once more; one
 * that takes too long is replaced and its request fails. Requests are structured-cloned, never transferred, so that a
 * second try has them still. The other side is `answerCalls` in `thread-answers.ts`.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#clock.js';
import type { ThreadAnswer, ThreadCall } from '#speech/thread-answers.js';

const MAX_TRIES = 2;

export interface ThreadCallerOptions {
  /** The worker's file. */
  script: URL;
  clock: Clock;
  /** How long one request may take, including the thread's start. Milliseconds. */
  timeoutMs: number;
  /** Requests that may wait while another runs. */
  maxWaiting: number;
  /** Makes the error that callers get, from a sentence. */
  failure: (message: string) => Error;
}

interface Job<Request, Reply> {
  request: Request;
  tries: number;
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

export class ThreadCaller<Request, Reply> {
  readonly #options: ThreadCallerOptions;
  readonly #waiting: Job<Request, Reply>[] = [];
  #worker: Worker | undefined;
  #running: Job<Request, Reply> | undefined;
  #timer: Timer | undefined;
  #nextId = 0;
  #closed = false;

  constructor(options: ThreadCallerOptions) {
    this.#options = options;
  }

  call(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#options.failure('closed'));
      } else if (this.#running && this.#waiting.length >= this.#options.maxWaiting) {
        reject(this.#options.failure(`too busy: ${this.#options.maxWaiting} requests are waiting already`));
      } else {
        this.#waiting.push({ request, tries: 0, resolve, reject });
        this.#next();
      }
    });
  }

  /** Rejects what is under way and waiting. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const unfinished = [...(this.#running ? [this.#running] : []), ...this.#waiting.splice(0)];
    const worker = this.#stop();
    for (const job of unfinished) job.reject(this.#options.failure('closed'));
    await worker?.terminate();
  }

  #next(): void {
    if (this.#running) return;
    const job = this.#waiting.shift();
    if (!job) {
      // An idle thread does not keep the process alive.
      this.#worker?.unref();
      return;
    }
    this.#running = job;
    job.tries++;
    const id = ++this.#nextId;
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    this.#timer = this.#options.clock.after(this.#options.timeoutMs, () => {
      void this.#stop()?.terminate();
      job.reject(this.#options.failure(`no answer within ${this.#options.timeoutMs} ms`));
      this.#next();
    });
    worker.postMessage({ id, request: job.request } satisfies ThreadCall<Request>);
  }

  #start(): Worker {
    // Flags of the main program, --eval's among them, are not the thread's.
    const worker = new Worker(this.#options.script, { execArgv: [] });
    let cause = '';
    worker.on('message', (answer: ThreadAnswer<Reply>) => {
      if (worker === this.#worker && answer.id === this.#nextId) this.#finish(answer);
    });
    worker.on('error', (error: unknown) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      if (worker === this.#worker) this.#crashed(cause);
    });
    return worker;
  }

  #finish(answer: ThreadAnswer<Reply>): void {
    const job = this.#running;
    if (!job) return;
    this.#running = undefined;
    this.#timer?.cancel();
    if ('error' in answer) job.reject(this.#options.failure(answer.error));
    else job.resolve(answer.reply);
    this.#next();
  }

  #crashed(cause: string): void {
    const job = this.#running;
    this.#stop();
    if (job && job.tries < MAX_TRIES) this.#waiting.unshift(job);
    else job?.reject(this.#options.failure(`its thread crashed${cause && `: ${cause}`}`));
    this.#next();
  }

  /** Forgets the thread and what it was doing. */
  #stop(): Worker | undefined {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#running = undefined;
    this.#timer?.cancel();
    return worker;
  }
}
