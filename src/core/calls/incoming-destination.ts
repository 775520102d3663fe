import type { E164 } from '#core/address.js';
import { callBack } from '#core/calls/call-back.js';
import type { FlowScript, MessageScript } from '#core/calls/call-script.js';
import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

/** A call that comes in from a trunk. */
export interface IncomingCall {
  mode: Mode;
  /** Its id. */
  trunk: string;
  /** In E.164, as far as the trunk's number rules could tell. */
  called: string;
  /** Undefined: nobody knows who calls. */
  caller: E164 | undefined;
}

/** Who takes a call that comes in, and what is said. */
export interface Destination {
  accountId: string;
  script: MessageScript | FlowScript;
  /** Who is told what the caller decides, and in which door's words. */
  webhookUrl: string | null;
  dialect: string;
  metadata: Record<string, unknown> | null;
  /** Of a call that leads to people. */
  people?: { longestSeconds: number; callerName: string | undefined };
}

type FindDestination = (
  core: Pick<Core, 'db' | 'clock' | 'speech'>,
  call: IncomingCall,
) => Promise<Destination | undefined>;

/** The first that knows the called number takes the call. */
const DESTINATIONS: readonly FindDestination[] = [callBack];

/** Undefined: the call leads nowhere (rule 9). */
export async function findDestination(
  core: Pick<Core, 'db' | 'clock' | 'speech'>,
  call: IncomingCall,
): Promise<Destination | undefined> {
  for (const find of DESTINATIONS) {
    const destination = await find(core, call);
    if (destination !== undefined) return destination;
  }
  return undefined;
}
