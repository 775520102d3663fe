import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateOne } from '../wire/certificates.js';
import { freePort, PeerProcess } from './real-peer.js';

const HOST = '127.0.0.1';
/** It is ended after that, should a test forget it; its children with it. */
const LONGEST_RUN_SECONDS = 120;

export interface KamailioOptions {
  /** Of everybody. */
  password: string;
  /** Where calls that are not from there go: the port of a phone on loopback, over UDP. */
  network: { port: number };
  /** Default: any that is free. */
  port?: number;
}

/**
 * Starts Kamailio as a carrier of a few lines: a registrar and a record-routing proxy, which wants the password for
 * REGISTER and INVITE, and brings calls of the network to whoever is registered as the user that is called. UDP and TCP
 * are on one port, TLS, with `certificateOne`, on the next.
 */
export async function openKamailio(options: KamailioOptions): Promise<Kamailio> {
  const folder = await mkdtemp(join(tmpdir(), 'sidetone-kamailio-'));
  const port = options.port ?? (await freePort());
  await writeFile(join(folder, 'cert.pem'), certificateOne.cert);
  await writeFile(join(folder, 'key.pem'), certificateOne.key);
  await writeFile(join(folder, 'kamailio.cfg'), configuration(folder, port, options));
  const kamailio = ['kamailio', '-f', join(folder, 'kamailio.cfg'), '-Y', folder, '-DD', '-E', '-m', '16', '-M', '4'];
  const child = new PeerProcess('timeout', ['-k', '2', String(LONGEST_RUN_SECONDS), ...kamailio], folder);
  try {
    await child.printed('the carrier is open');
    return new Kamailio(child, folder, port);
  } catch (error) {
    await child.kill('SIGTERM');
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export class Kamailio {
  constructor(
    private readonly child: PeerProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** As a trunk's. */
  uri(transport: 'udp' | 'tcp' | 'tls'): string {
    return `sip:${HOST}:${transport === 'tls' ? this.port + 1 : this.port};transport=${transport}`;
  }

  /** The files of its certificate, which a test may show as its own. */
  get certificate(): { cert: string; key: string } {
    return { cert: join(this.folder, 'cert.pem'), key: join(this.folder, 'key.pem') };
  }

  /** What it logged. */
  get log(): string {
    return this.child.output;
  }

  async close(): Promise<void> {
    await this.child.kill('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, port: number, { password, network }: KamailioOptions): string {
  const modules = [
    'tls',
    'kex',
    'pv',
    'sl',
    'tm',
    'rr',
    'maxfwd',
    'siputils',
    'textops',
    'auth',
    'usrloc',
    'registrar',
  ];
  return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
enable_tls=yes
tcp_rd_buf_size=16384
listen=udp:${HOST}:${port}
listen=tcp:${HOST}:${port}
listen=tls:${HOST}:${port + 1}
${[...modules, 'nathelper', 'xlog'].map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${join(folder, 'cert.pem')}")
modparam("tls", "private_key", "${join(folder, 'key.pem')}")
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")

event_route[core:worker-one-init] { xlog("L_ALERT", "the carrier is open\\n"); }

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) t_relay();
    else if (is_method("ACK")) { if (t_check_trans()) t_relay(); }
    else sl_send_reply("481", "No Route");
    exit;
  }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("carrier.example", "${password}", "0")) { www_challenge("carrier.example", "1"); exit; }
    fix_nated_register();
    save("location");
    exit;
  }
  if (!is_method("INVITE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  t_check_trans();
  record_route();
  if ($sp == ${network.port}) {
    if (!lookup("location")) { sl_send_reply("404", "Nobody Is Registered"); exit; }
  } else {
    if (!pv_proxy_authenticate("carrier.example", "${password}", "0")) { proxy_challenge("carrier.example", "1"); exit; }
    consume_credentials();
    $du = "sip:${HOST}:${network.port}";
  }
  t_relay();
}
`;
}
