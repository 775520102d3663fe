import { showCarrier } from '#core/carriers/list-carriers.js';
import type { Core } from '#core/core.js';

export interface CarrierTest {
  ok: boolean;
  /** What it answered, or why nothing is known. */
  detail: string;
}

/** Asks the carrier for a sign of life, by this process's connection to it; no text is sent. */
export async function testCarrier(
  core: Pick<Core, 'db' | 'carriers'>,
  input: { name: string; accountId?: string },
): Promise<CarrierTest> {
  const { id, state } = await showCarrier(core, input);
  const carrier = core.carriers.get(id);
  if (carrier === undefined) {
    return { ok: false, detail: state?.detail ?? 'This server is not connected to it: were its secrets readable?' };
  }
  if (carrier.probe !== undefined) {
    const { up, detail } = await carrier.probe();
    return { ok: up, detail };
  }
  return state === undefined
    ? { ok: false, detail: 'Nothing is known of it yet: ask again in a moment.' }
    : { ok: state.up, detail: state.detail };
}
