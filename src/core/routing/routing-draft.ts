import { sql, type Transaction } from 'kysely';
import {
  isNamed,
  mapDestinations,
  nameOf,
  objectsIn,
  pathOf,
  promptsOf,
  usesIn,
  type Destination,
  type FlowConfiguration,
  type FlowProblem,
  type Named,
  type RoutingBodies,
  type RoutingKind,
  type SingleKind,
} from '#core/call-flow/index.js';
import { CoreError } from '#core/errors.js';
import type { RoutingChange, RoutingOwner } from '#core/routing/routing-change.js';
import { applyChanges, toConfiguration, type RoutingRows } from '#core/routing/routing-rows.js';
import type { Tables } from '#core/tables.js';

/** What is made and removed; the others belong to a number, or are there once. */
export type ListedKind = Exclude<RoutingKind, SingleKind | 'number'>;

/** What is no object of a configuration, but named by some. */
export type Replaceable = { type: 'phone'; id: string } | { type: 'number' | 'sound'; id: number };

/** A configuration that is being changed. Nothing of it holds before it was checked as a whole and written. */
export class RoutingDraft {
  /** By kind and id. */
  readonly #changes = new Map<string, RoutingChange>();
  #now: FlowConfiguration | undefined;

  constructor(
    private readonly tx: Transaction<Tables>,
    private readonly owner: RoutingOwner,
    private readonly rows: RoutingRows,
  ) {}

  /** As it would be with what was changed so far. */
  get configuration(): FlowConfiguration {
    const { objects, people } = this.rows;
    this.#now ??= toConfiguration(
      this.owner,
      { version: objects.version, bodies: applyChanges(objects.bodies, [...this.#changes.values()]) },
      people,
    );
    return this.#now;
  }

  /** What differs from what it was. */
  get changes(): RoutingChange[] {
    return [...this.#changes.values()].filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
  }

  /** Undefined: there is none; of hours and settings: nobody set them. */
  get<Kind extends RoutingKind>(kind: Kind, id: number): RoutingBodies[Kind] | undefined {
    const changed = this.#changes.get(`${kind} ${id}`);
    const body = changed === undefined ? this.rows.objects.bodies.get(kind)?.get(id) : changed.after;
    return (body ?? undefined) as RoutingBodies[Kind] | undefined;
  }

  /** Of a kind, by id. */
  all<Kind extends ListedKind | 'number'>(kind: Kind): ReadonlyMap<number, RoutingBodies[Kind]> {
    return this.configuration.objects[kind];
  }

  /** Gives its new id. */
  async create<Kind extends ListedKind>(kind: Kind, body: RoutingBodies[Kind]): Promise<number> {
    const { rows } = await sql<{ id: number }>`select nextval('routing_ids') as id`.execute(this.tx);
    const id = rows[0]?.id;
    if (id === undefined) throw new Error('the sequence of ids gave none');
    this.#set(kind, id, body);
    return id;
  }

  /** Changes the fields that are given. @throws CoreError `routing.not_found` */
  update<Kind extends RoutingKind>(kind: Kind, id: number, fields: Partial<RoutingBodies[Kind]>): void {
    const body = this.get(kind, id);
    if (body === undefined) throw routingNotFound(kind, id);
    this.#set(kind, id, { ...body, ...fields });
  }

  /** The whole of what is not made: of a number by its id, of hours and settings under 0. @throws CoreError `routing.not_found` */
  put<Kind extends SingleKind | 'number'>(kind: Kind, id: number, body: RoutingBodies[Kind]): void {
    if (kind === 'number' ? !this.rows.people.numbers.has(id) : id !== 0) throw routingNotFound(kind, id);
    this.#set(kind, id, body);
  }

  /**
   * Refused while others lead to it, unless they are led elsewhere: then their destinations become `replaceWith`, and a
   * device's place in groups goes to the device that replaces it.
   * @throws CoreError `routing.not_found`, `routing.in_use`
   */
  remove(kind: ListedKind | 'number', id: number, options: { replaceWith?: Destination } = {}): void {
    if (this.get(kind, id) === undefined) throw routingNotFound(kind, id);
    const named = { type: kind, id } as const;
    const what = nameOf(this.configuration, named);
    if (options.replaceWith !== undefined) this.#replace(named, options.replaceWith);
    const own = pathOf(kind, id);
    const uses = kind === 'number' ? [] : usesIn(this.configuration, named).filter(({ path }) => !path.startsWith(own));
    if (uses.length > 0) throw inUse(what, uses);
    this.#set(kind, id, null);
  }

  /** Leads everything that led to one user to another, who has the extension and the mailbox from now on. */
  replaceUser(userId: string, replacementId: string): void {
    this.#replace({ type: 'user', id: userId }, { type: 'user', id: replacementId });
    for (const kind of ['extension', 'mailbox'] as const) {
      for (const [id, body] of this.all(kind)) {
        if (body.userId === userId) this.#set(kind, id, { ...body, userId: replacementId });
      }
    }
  }

  /** Has whatever names a phone, a number or a sound name another one. */
  replaceNamed(named: Replaceable, to: string | number): void {
    if (named.type === 'phone') return this.#replace(named, { type: 'phone', id: String(to) });
    for (const { kind, id, body } of objectsIn(this.configuration)) {
      if (named.type === 'number') {
        if (kind === 'ring_group' && body.callerId === named.id) this.#set(kind, id, { ...body, callerId: to });
        continue;
      }
      const prompts = promptsOf(kind, body).filter(([, prompt]) => prompt?.sound === named.id);
      if (prompts.length === 0) continue;
      this.#set(kind, id, { ...body, ...Object.fromEntries(prompts.map(([field]) => [field, { sound: to }])) });
    }
  }

  /** Sets any object to what it was at another version. */
  restore(kind: RoutingKind, id: number, body: unknown): void {
    this.#set(kind, id, body);
  }

  #replace(named: Named, destination: Destination): void {
    for (const { kind, id, body } of objectsIn(this.configuration)) {
      let changed = mapDestinations(kind, body, (old) => (old !== null && isNamed(old, named) ? destination : old));
      if (kind === 'ring_group') changed = replaceMember(changed as RoutingBodies['ring_group'], named, destination);
      if (kind === 'settings' && named.type === 'mailbox' && destination.type === 'voicemail') {
        const settings = changed as RoutingBodies['settings'];
        if (settings.anonymousMailbox === named.id) changed = { ...settings, anonymousMailbox: destination.id };
      }
      if (JSON.stringify(changed) !== JSON.stringify(body)) this.#set(kind, id, changed);
    }
  }

  #set(kind: RoutingKind, id: number, after: unknown): void {
    const before = this.rows.objects.bodies.get(kind)?.get(id) ?? null;
    this.#changes.set(`${kind} ${id}`, { kind, id, before, after });
    this.#now = undefined;
  }
}

/** A device that is a member already does not become one twice. */
function replaceMember(
  group: RoutingBodies['ring_group'],
  { type, id }: Named,
  destination: Destination,
): RoutingBodies['ring_group'] {
  const isDevice = (name: string): boolean => name === 'extension' || name === 'forwarding_number';
  if (!isDevice(type) || !isDevice(destination.type)) return group;
  const deviceId = (destination as { id: number }).id;
  const has = group.members.some((member) => member.deviceId === deviceId);
  const members = group.members
    .filter((member) => member.deviceId !== id || !has)
    .map((member) => (member.deviceId === id ? { ...member, deviceId } : member));
  return { ...group, members };
}

export function routingNotFound(kind: RoutingKind, id: number): CoreError {
  const noun = kind.replaceAll('_', ' ');
  return new CoreError('routing.not_found', `There is no ${noun} ${id}.`, { field: 'id' });
}

export function inUse(what: string, uses: readonly FlowProblem[]): CoreError {
  const named = uses.slice(0, 3).map(({ path }) => path);
  const others = uses.length - named.length;
  const who = `${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
  return new CoreError(
    'routing.in_use',
    `${what} is in use: ${who}. Lead these elsewhere first, or say what replaces it.`,
    {
      problems: uses,
    },
  );
}
