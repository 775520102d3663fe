import type { Mode } from '#core/tables.js';

/** Ids of simulated calls say what they are: `call_test_…`. Those of live calls are as everywhere, `cal_…`. */
export function presentCallId(id: string, mode: Mode): string {
  return mode === 'test' ? id.replace(/^cal_/, 'call_test_') : id;
}

/** Either form of it. */
export function parseCallId(id: string): string {
  return id.replace(/^call_test_/, 'cal_');
}
