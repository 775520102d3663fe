import { expect, it, vi } from 'vitest';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';

/** Closed ones count until the end of the turn or so. */
function socketsBecome(count: number): Promise<void> {
  const sockets = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'UDPWrap').length;
  return vi.waitFor(() => expect(sockets()).toBe(count));
}

it('leaves nothing open where a port is taken', async () => {
  const first = await openUdpSocket('127.0.0.1', 0, () => undefined);
  for (let tries = 0; tries < 5; tries += 1) {
    await expect(openUdpSocket('127.0.0.1', first.port, () => undefined)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  }
  await socketsBecome(1);
  await first.close();
  await socketsBecome(0);
});
