/** A sign of life from a trunk's proxy (OPTIONS, RFC 3261 section 11), for the doctor and for `trunks test`. */
import type { EngineEventBody, TrunkConfig } from '#voice/engine.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { newCallId, newTag } from '#voice/sip/ids.js';
import { Headers, type SipRequest } from '#voice/sip/message.js';
import { RequestWithCredentials } from '#voice/sip/request-with-credentials.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { Peer } from '#voice/sip/transport.js';
import type { TrunkTable } from '#voice/sip/trunk-table.js';
import { formatUri } from '#voice/sip/uri.js';

export type ProbeResult = Omit<Extract<EngineEventBody, { kind: 'probe.done' }>, 'kind' | 'probe'>;

/** By then it has been asked five times over UDP. */
const PATIENCE_MS = 8_000;
const MAX_TARGETS = 4;

/** Never rejects. */
export async function probeTrunk(signalling: Signalling, trunks: TrunkTable, id: string): Promise<ProbeResult> {
  return (await probeTargets(signalling, trunks, id, 1))[0]!;
}

/** Asks every target of a trunk, so that a dead one is known before a call meets it. The best first. Never rejects. */
export async function probeTargets(
  signalling: Signalling,
  trunks: TrunkTable,
  id: string,
  most = MAX_TARGETS,
): Promise<ProbeResult[]> {
  const trunk = trunks.get(id);
  if (trunk === undefined) return [{ ok: false, detail: `no trunk ${id}` }];
  try {
    const { uri, peers } = await trunks.locate(trunk);
    if (peers.length === 0) return [{ ok: false, detail: `${uri.host} has no address` }];
    return await Promise.all(peers.slice(0, most).map((peer) => ask(signalling, trunk, formatUri(uri), peer)));
  } catch (error) {
    return [{ ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
}

function ask(signalling: Signalling, trunk: TrunkConfig, uri: string, peer: Peer): Promise<ProbeResult> {
  const digest = DigestClient.of(trunk);
  const place = `${peer.address}:${peer.port} over ${peer.transport.toUpperCase()}`;
  const silent = { ok: false, detail: `${place} does not answer` };
  let sequence = 1;
  return new Promise((resolve) => {
    // Sooner than the transaction gives up: whoever asks is a person, or asks again in a minute.
    const patience = signalling.clock.after(PATIENCE_MS, () => resolve(silent));
    new RequestWithCredentials(
      signalling,
      optionsRequest(signalling, uri, peer),
      peer,
      { digest, nextSequence: () => (sequence += 1) },
      {
        onResponse: (response) => {
          const { status, reason } = response;
          if (status < 200) return;
          patience.cancel();
          signalling.noteSeenAs(peer, response);
          const answer = `${place} answers ${status} ${reason}`;
          const isRefused = digest !== undefined && (status === 401 || status === 403 || status === 407);
          const detail = isRefused ? `${answer}: it does not accept our user name and password` : answer;
          resolve({ ok: status < 500 && !isRefused, sipCode: status, detail });
        },
        onTimeout: () => {
          patience.cancel();
          resolve(silent);
        },
        onTransportError: (error) => {
          patience.cancel();
          resolve({ ok: false, detail: error.message });
        },
      },
    );
  });
}

function optionsRequest(signalling: Signalling, uri: string, peer: Peer): SipRequest {
  const headers = Headers.of([
    ['Max-Forwards', '70'],
    ['From', `<sip:sidetone@${signalling.host(peer)}>;tag=${newTag()}`],
    ['To', `<${uri}>`],
    ['Call-ID', newCallId()],
    ['CSeq', '1 OPTIONS'],
    ['Contact', signalling.contact(peer)],
    ['Accept', 'application/sdp'],
    ['User-Agent', signalling.userAgent],
  ]);
  return { kind: 'request', method: 'OPTIONS', uri, headers, body: Buffer.alloc(0) };
}
