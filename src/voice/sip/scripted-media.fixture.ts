import type { JobId, LegId } from '#voice/engine.js';
import type { Media, MediaCommand, MediaEvent, MediaSession } from '#voice/media/media-port.js';

export const STATS = { packetsSent: 10, packetsReceived: 9, packetsLost: 1, jitterMs: 2 };

/** For tests: media without sound, that does at once what it is told and remembers it. */
export class ScriptedMedia implements Media {
  readonly commands: MediaCommand[] = [];
  /** Set: opening fails with it. */
  failure: string | undefined;
  /** False: `open` is not answered until `opened` is called. */
  opensAtOnce = true;
  isClosed = false;
  #port = 20_000;
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  readonly #jobs = new Map<LegId, Set<JobId>>();

  send(command: MediaCommand): void {
    this.commands.push(command);
    switch (command.kind) {
      case 'open':
        if (this.failure !== undefined) {
          this.emit({ kind: 'closed', leg: command.leg, stats: STATS, error: this.failure });
        } else if (this.opensAtOnce) this.opened(command.leg);
        return;
      case 'play':
      case 'record':
      case 'sendDtmf':
      case 'detectMachine':
        this.#jobsOf(command.leg).add(command.job);
        return;
      case 'stop':
        for (const job of [...this.#jobsOf(command.leg)]) {
          if (command.job === undefined || command.job === job) this.finish(command.leg, job, 'stopped');
        }
        return;
      case 'info':
        return this.emit({ ...command, kind: 'dtmf', via: 'info' });
      case 'close':
        for (const job of [...this.#jobsOf(command.leg)]) this.finish(command.leg, job, 'ended');
        return this.emit({ kind: 'closed', leg: command.leg, stats: STATS });
      case 'connect':
      case 'pause':
      case 'resume':
      case 'bridge':
      case 'join':
      case 'leave':
        return;
    }
  }

  on(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  emit(event: MediaEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  opened(leg: LegId): void {
    this.emit({ kind: 'opened', leg, port: (this.#port += 2) });
  }

  finish(leg: LegId, job: JobId, outcome: 'completed' | 'stopped' | 'barged' | 'ended'): void {
    if (this.#jobsOf(leg).delete(job)) this.emit({ kind: 'job.done', leg, job, outcome, durationMs: 1_000 });
  }

  /** The sessions that a leg was connected with, in order. */
  sessions(leg: LegId): MediaSession[] {
    return this.commands.flatMap((command) =>
      command.kind === 'connect' && command.leg === leg ? [command.session] : [],
    );
  }

  /** The kinds of commands that a leg has had. */
  kinds(leg: LegId): string[] {
    return this.commands.flatMap((command) => (command.leg === leg ? [command.kind] : []));
  }

  #jobsOf(leg: LegId): Set<JobId> {
    const jobs = this.#jobs.get(leg) ?? new Set();
    this.#jobs.set(leg, jobs);
    return jobs;
  }
}
