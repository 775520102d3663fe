/** The thread around a SIP engine: opens its sockets and media workers; commands in, events out. */
import { isIPv4 } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#clock.js';
import { KnownClips } from '#voice/media/clip-keys.js';
import { startMedia } from '#voice/media/start-media.js';
import { Dns } from '#voice/sip/dns.js';
import { resolveUri } from '#voice/sip/resolve.js';
import { SipEngine } from '#voice/sip/sip-engine.js';
import { Transports } from '#voice/sip/transports.js';
import type { FromSipWorker, SipWorkerData, ToSipWorker } from '#voice/sip/worker-messages.js';

const port = parentPort;
if (!port) throw new Error('sip-worker.js is to be run in a worker thread');

const post = (message: FromSipWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

interface Started {
  engine: SipEngine;
  port: number;
  tlsPort: number | undefined;
}

async function startEngine(data: SipWorkerData): Promise<Started> {
  const { host, tls, publicAddress, mediaTimeoutMs, waits, maxLegs, maxTickLagMs, userAgent, realm, digestKey } = data;
  const transport = await Transports.open({
    host,
    port: data.port,
    clock: systemClock,
    ...(publicAddress !== undefined && { publicAddress }),
    ...(tls !== undefined && { tls: { port: tls.port, certificate: tls } }),
  });
  const dns = new Dns(systemClock);
  try {
    const media = await startMedia({
      workers: data.mediaWorkers,
      host,
      ports: data.rtpPorts,
      ...(mediaTimeoutMs !== undefined && { mediaTimeoutMs }),
    });
    const engine = new SipEngine({
      transport,
      media,
      clock: systemClock,
      resolve: (uri) => resolveUri(uri, { dns, prefersIPv4: isIPv4(transport.host) }),
      ...(waits !== undefined && { waits }),
      ...(maxLegs !== undefined && { maxLegs }),
      ...(maxTickLagMs !== undefined && { maxTickLagMs }),
      ...(userAgent !== undefined && { userAgent }),
      ...(realm !== undefined && { realm }),
      ...(digestKey !== undefined && { digestKey: Buffer.from(digestKey) }),
    });
    return { engine, port: transport.port, tlsPort: tls && transport.tlsPort };
  } catch (error) {
    await transport.close();
    throw error;
  }
}

startEngine(workerData as SipWorkerData).then(
  (started) => {
    const { engine, ...ports } = started;
    const clips = new KnownClips();
    engine.on((event) => {
      const clips = event.kind === 'job.done' ? [event.recording, event.recordingOut] : [];
      const recorded = clips.map((clip) => clip?.pcm.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
      post({ kind: 'event', event }, recorded);
    });
    port.on('message', (message: ToSipWorker) => {
      if (message.kind === 'close') void engine.close().then(() => port.close());
      else if (message.command.kind === 'play' && message.clipKeys !== undefined) {
        engine.send({ ...message.command, clips: clips.recall(message.command.clips, message.clipKeys) });
      } else engine.send(message.command);
    });
    post({ kind: 'ready', ...ports });
  },
  (error: unknown) => {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    port.close();
  },
);
