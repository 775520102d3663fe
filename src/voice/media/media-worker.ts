/** The thread around a media engine: messages in, messages out. */
import { parentPort, workerData } from 'node:worker_threads';
import { KnownClips } from '#voice/media/clip-keys.js';
import { MediaEngine } from '#voice/media/media-engine.js';
import { monotonicClock } from '#voice/media/monotonic-clock.js';
import type { FromMediaWorker, MediaWorkerData, ToMediaWorker } from '#voice/media/worker-messages.js';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';

const port = parentPort;
if (!port) throw new Error('media-worker.js is to be run in a worker thread');

const post = (message: FromMediaWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const { host, ports, mediaTimeoutMs } = workerData as MediaWorkerData;
const clips = new KnownClips();
const engine = new MediaEngine({ clock: monotonicClock, openSocket: openUdpSocket, host, ports, mediaTimeoutMs });

engine.on((event) => {
  const recorded = event.kind === 'job.done' ? [event.recording, event.recordingOut] : [];
  const buffers = recorded.map((clip) => clip?.pcm.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
  post({ kind: 'event', event }, buffers);
});

port.on('message', (message: ToMediaWorker) => {
  if (message.kind === 'close') void engine.close().then(() => port.close());
  else if (message.command.kind === 'play' && message.clipKeys) {
    engine.send({ ...message.command, clips: clips.recall(message.command.clips, message.clipKeys) });
  } else engine.send(message.command);
});

post({ kind: 'ready' });
