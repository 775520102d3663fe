import type { RoutingBodies, RoutingKind } from '#core/call-flow/flow-objects.js';

/** All that decides where an account's calls lead, at one version of it. */
export interface FlowConfiguration {
  version: number;
  objects: { [Kind in Exclude<RoutingKind, 'hours' | 'settings'>]: ReadonlyMap<number, RoutingBodies[Kind]> };
  hours: RoutingBodies['hours'] | undefined;
  settings: RoutingBodies['settings'];
  /** The account's numbers in E.164, by id. */
  numbers: ReadonlyMap<number, string>;
  users: ReadonlyMap<string, FlowUser>;
  /** Names of phones. */
  phones: ReadonlyMap<string, FlowPhone>;
  /** Test mode: whatever a phone is called, it is there, and so are the simulated numbers as phones. */
  sandbox: boolean;
  /** Files that can be played. */
  sounds: ReadonlySet<number>;
}

export interface FlowUser {
  name: string;
  /** Names of phones. */
  phones: readonly string[];
}

/** What is set on the phone itself. */
export interface FlowPhone {
  doNotDisturb: boolean;
  callWaiting: boolean;
  forwardTo: string | null;
  /** Which of the account's numbers telephones outside see, E.164; null: the usual one. */
  callerId: string | null;
}

const SIMULATED: FlowPhone = { doNotDisturb: false, callWaiting: true, forwardTo: null, callerId: null };

/** A phone by its name; undefined: there is none. */
export function flowPhone(configuration: FlowConfiguration, name: string): FlowPhone | undefined {
  return configuration.phones.get(name) ?? (configuration.sandbox ? SIMULATED : undefined);
}

/** Something that cannot be, or that no call may be led to. */
export interface FlowProblem {
  /** `menus[7].options[2].destination` */
  path: string;
  message: string;
  /** Of what is missing: a number that leads there. */
  reachedFrom?: string;
}
