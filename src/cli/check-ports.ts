import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { createServer } from 'node:net';
import type { Check } from '#cli/doctor-command.js';
import type { Config } from '#config.js';

/** Whether a server could listen where the environment says, by doing so for a moment. */
export async function* checkPorts(config: Pick<Config, 'http' | 'sip'>): AsyncGenerator<Check> {
  const { http, sip } = config;
  yield await checkPort('HTTP port', 'SIDETONE_PORT', http, bindTcp);
  yield await checkPort('SIP port (UDP)', 'SIDETONE_SIP_PORT', sip, bindUdp);
  yield await checkPort('SIP port (TCP)', 'SIDETONE_SIP_PORT', sip, bindTcp);
}

interface Place {
  host: string;
  port: number;
}

async function checkPort(
  name: string,
  variable: string,
  place: Place,
  bind: (place: Place) => Promise<void>,
): Promise<Check> {
  const { host, port } = place;
  try {
    await bind(place);
    return { name, status: 'ok', message: `${host}:${port} is free.` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      name,
      status: 'fail',
      message: `${host}:${port} cannot be used (${code}): stop what uses it, or set ${variable} to another port.`,
    };
  }
}

async function bindTcp({ host, port }: Place): Promise<void> {
  const server = createServer();
  server.listen({ host, port });
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

async function bindUdp({ host, port }: Place): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    socket.bind({ address: host, port });
    await once(socket, 'listening');
  } finally {
    socket.close();
  }
}
