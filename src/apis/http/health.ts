import type { FastifyInstance } from 'fastify';
import type { Clock } from '#clock.js';

/** Resolves to whether a part is ready to serve; a rejection or silence is a no. */
export type ReadyCheck = () => Promise<boolean> | boolean;

const LONGEST_CHECK_MS = 2000;

/** `/healthz`: the process lives. `/readyz`: it can serve, and if not, which part cannot. */
export function serveHealth(app: FastifyInstance, checks: Record<string, ReadyCheck>, clock: Clock): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await isReady(check, clock)] as const),
    );
    const ready = results.every(([, ok]) => ok);
    const parts = Object.fromEntries(results.map(([name, ok]) => [name, ok ? 'ready' : 'not ready']));
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', parts });
  });
}

async function isReady(check: ReadyCheck, clock: Clock): Promise<boolean> {
  let giveUp = (): void => undefined;
  const tooLong = new Promise<boolean>((resolve) => {
    const timer = clock.after(LONGEST_CHECK_MS, () => resolve(false));
    giveUp = () => timer.cancel();
  });
  try {
    return await Promise.race([check(), tooLong]);
  } catch {
    return false;
  } finally {
    giveUp();
  }
}
