/**
 * Bridged legs and a conference of a hundred on one media worker: every far end speaks all the time, so that each leg
 * receives, decodes, is mixed and sends. Prints figures, never judges them. At most 50 s.
 */
import { startMedia } from '#voice/media/start-media.js';
import type { Media } from '#voice/media/media-port.js';
import { addLeg, HEADING, HOST, MEASURED_ONE_IN, openFarEnds, passed, row, type FarEnds } from './media-far-ends.js';

const BRIDGED = [200, 400, 500, 600, 700];
const CONFERENCE = 100;
const SETTLE_MS = 1_500;
const MEASURE_MS = 4_000;

console.log('bridged legs on one media worker (aim: 700 with 1 % late)');
console.log(HEADING);
await withMedia(async (media, farEnds, lag) => {
  const ports: number[] = [];
  for (const count of BRIDGED) {
    while (ports.length < count) {
      const leg = `leg-${ports.length}`;
      ports.push(await addLeg(media, leg, farEnds.portOf(ports.length)));
      if (ports.length % 2 === 0) media.send({ kind: 'bridge', leg, with: `leg-${ports.length - 2}` });
    }
    await measure(farEnds, ports, lag);
  }
});

console.log('a conference of 100 in which all speak (aim: 1 % late)');
console.log(HEADING);
await withMedia(async (media, farEnds, lag) => {
  const ports: number[] = [];
  while (ports.length < CONFERENCE) {
    const leg = `leg-${ports.length}`;
    ports.push(await addLeg(media, leg, farEnds.portOf(ports.length)));
    media.send({ kind: 'join', leg, conference: 'room' });
  }
  await measure(farEnds, ports, lag);
});

async function measure(farEnds: FarEnds, ports: number[], lag: () => number): Promise<void> {
  farEnds.speakTo(
    ports.filter((_, i) => i % MEASURED_ONE_IN === 0),
    ports.filter((_, i) => i % MEASURED_ONE_IN !== 0),
  );
  await passed(SETTLE_MS);
  const { measured, core } = await farEnds.measure(MEASURE_MS);
  console.log(row(ports.length, measured, core, lag()));
}

async function withMedia(run: (media: Media, farEnds: FarEnds, lag: () => number) => Promise<void>): Promise<void> {
  const farEnds = await openFarEnds();
  const media = await startMedia({ workers: 1, host: HOST, mediaTimeoutMs: 600_000 });
  let lagMs = 0;
  media.on((event) => {
    if (event.kind === 'load') lagMs = event.tickLagMs;
  });
  try {
    await run(media, farEnds, () => lagMs);
  } finally {
    farEnds.close();
    await media.close();
  }
}
