/** The commands that start something which goes on for a while, and owe one `job.done`. */
import type { MediaCommand, MediaEvent } from '#voice/media/media-port.js';

type JobDone = Extract<MediaEvent, { kind: 'job.done' }>;
export type JobOutcome = JobDone['outcome'];
export type JobCommand = Extract<MediaCommand, { kind: 'play' | 'record' | 'sendDtmf' | 'detectMachine' }>;

export function startsJob(command: MediaCommand): command is JobCommand {
  const { kind } = command;
  return kind === 'play' || kind === 'record' || kind === 'sendDtmf' || kind === 'detectMachine';
}

/** The end of a job that could not begin. */
export function failedJob({ leg, job }: JobCommand): JobDone {
  return { kind: 'job.done', leg, job, outcome: 'failed', durationMs: 0 };
}
