import type { MediaEvent } from '#voice/media/media-port.js';

export type JobOutcome = Extract<MediaEvent, { kind: 'job.done' }>['outcome'];
