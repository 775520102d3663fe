/**
 * How many playing legs one media worker carries: legs are added until more than 1 % of the packets are over 10 ms late;
 * and the memory that a leg takes. Prints figures, never judges them. At most 50 s.
 */
import { performance } from 'node:perf_hooks';
import { startMedia } from '#voice/media/start-media.js';
import { addLeg, DISTURBED_MS, HEADING, HOST, noise, openFarEnds, passed, row } from './media-far-ends.js';

const STEPS = [200, 400, 700, 1_000, 1_200, 1_400];
const SETTLE_MS = 1_000;
const MEASURE_MS = 3_000;
const LONGEST_MS = 45_000;
const LATE_SHARE = 0.01;
const KB = 1_024;

const beganMs = performance.now();
const farEnds = await openFarEnds();
const media = await startMedia({ workers: 1, host: HOST, mediaTimeoutMs: 600_000 });
try {
  let lagMs = 0;
  media.on((event) => {
    if (event.kind === 'load') lagMs = event.tickLagMs;
  });
  console.log('playing legs on one media worker (aims: 1,000 legs with 1 % late; p99 of 2 ms at 200)');
  console.log(HEADING);
  const clip = noise(30);
  const residentBefore = process.memoryUsage.rss();
  let carried = 0;
  let legs = 0;
  let cpuPerLeg = 0;
  let within = true;
  let disturbed = false;
  for (const step of STEPS) {
    if (!(within || disturbed) || performance.now() - beganMs + 2 * (SETTLE_MS + MEASURE_MS) > LONGEST_MS) break;
    for (; legs < step; legs++) {
      await addLeg(media, `leg-${legs}`, farEnds.portOf(legs));
      media.send({ kind: 'play', leg: `leg-${legs}`, job: 'play', clips: [clip], loop: true });
    }
    await passed(SETTLE_MS);
    let run = await farEnds.measure(MEASURE_MS);
    // Another program on the machine may have had the core: a step fails only twice in a row.
    if (run.measured.late > LATE_SHARE * run.measured.packets) run = await farEnds.measure(MEASURE_MS);
    const { measured, core } = run;
    within = measured.late <= LATE_SHARE * measured.packets;
    if (within) carried = legs;
    // Only where packets keep their time: late workers skip packets, and that is cheap.
    if (within || cpuPerLeg === 0) cpuPerLeg = core / legs;
    disturbed ||= !within && measured.ownLagMs > DISTURBED_MS;
    console.log(row(legs, measured, core, lagMs));
  }
  const perLeg = (process.memoryUsage.rss() - residentBefore) / legs;
  console.log(
    `legs per core: ${carried}${within ? ' or more' : ''} with at most 1 % of packets over 10 ms late; ` +
      `CPU per leg ${(cpuPerLeg * 100).toFixed(3)} % of a core, enough for ${Math.floor(1 / cpuPerLeg)} legs if nothing ` +
      `else ran; memory per leg ${(perLeg / KB).toFixed(0)} kB resident`,
  );
  if (disturbed) console.log('other programs kept the receiver itself from the core: run it on a quiet machine');
} finally {
  farEnds.close();
  await media.close();
}
