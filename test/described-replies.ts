import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

/** What of an OpenAPI document is looked at. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, TSchema> };
  webhooks?: Record<string, { post: Operation }>;
}
export interface Operation {
  operationId?: string;
  security?: unknown[];
  parameters?: { in: string; name: string; required?: boolean; schema: TSchema }[];
  requestBody?: { content: Record<string, { schema: TSchema }> };
  responses: Record<string, { content?: Record<string, { schema: TSchema }> }>;
}

interface Replied {
  status: number;
  headers: Record<string, unknown>;
  raw: Buffer;
}

/** Holds replies against the document that the server serves of itself: a status, a field or a type that is not in it is wrong. */
export class DescribedReplies {
  readonly #routes: { method: string; steps: string[]; operation: Operation }[];
  readonly #schemas: Record<string, TSchema>;
  readonly #webhooks: Record<string, { post: Operation }>;
  readonly #validators = new Map<TSchema, Validator>();

  constructor({ paths, components, webhooks = {} }: Document) {
    this.#webhooks = webhooks;
    this.#schemas = components?.schemas ?? {};
    this.#routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        ...{ method: method.toUpperCase(), steps: path.split('/'), operation },
      })),
    );
  }

  /** The operation of an address; undefined where the document has none. */
  operationOf(method: string, address: string): Operation | undefined {
    const steps = (address.split('?')[0] ?? '').split('/');
    const fits = this.#routes.filter(
      (route) =>
        route.method === method &&
        route.steps.length === steps.length &&
        route.steps.every((step, at) => step.startsWith('{') || step === steps[at]),
    );
    const parameters = (route: { steps: string[] }): number =>
      route.steps.filter((step) => step.startsWith('{')).length;
    // A word of its own comes before a parameter.
    return fits.sort((one, other) => parameters(one) - parameters(other))[0]?.operation;
  }

  /** @throws Error saying what of the reply is not in the document */
  check(method: string, address: string, { status, headers, raw }: Replied): void {
    const operation = this.operationOf(method, address);
    // What is at no address, or has no such method, is described nowhere.
    if (operation === undefined && (status === 404 || status === 405)) return;
    const wrong = (what: string) => new Error(`${method} ${address} answered ${status}, ${what}\n${raw.toString()}`);
    if (operation === undefined) throw wrong('which no operation of the document does');
    const described = operation.responses[String(status)];
    if (described === undefined)
      throw wrong(`and the document has only ${Object.keys(operation.responses).join(', ')}`);
    const schema = described.content?.['application/json']?.schema;
    if (schema === undefined || ('type' in schema && schema.type === 'null')) {
      if (raw.length > 0) throw wrong('with a body that the document does not have');
      return;
    }
    if (!String(headers['content-type']).startsWith('application/json')) throw wrong('and not in JSON');
    const body: unknown = JSON.parse(raw.toString());
    const validator = this.#validatorOf(schema);
    if (validator.Check(body)) return;
    const faults = validator.Errors(body).map(({ instancePath, message }) => `${instancePath} ${message}`);
    throw wrong(`which is not as described: ${faults.join('; ')}`);
  }

  /** What was posted to a shop. @throws Error saying what of it is not in the document */
  checkWebhook(name: string, body: unknown): void {
    const schema = this.#webhooks[name]?.post.requestBody?.content['application/json']?.schema;
    if (schema === undefined) throw new Error(`the document has no webhook ${name}`);
    const validator = this.#validatorOf(schema);
    if (validator.Check(body)) return;
    const faults = validator.Errors(body).map(({ instancePath, message }) => `${instancePath} ${message}`);
    throw new Error(`${name} is not as described: ${faults.join('; ')}\n${JSON.stringify(body)}`);
  }

  #validatorOf(schema: TSchema): Validator {
    const known = this.#validators.get(schema);
    if (known !== undefined) return known;
    const made = Compile(this.#closed(schema) as TSchema);
    this.#validators.set(schema, made);
    return made;
  }

  /** The same without references, and with objects that have no other fields than those that are named. */
  #closed(part: unknown): unknown {
    if (Array.isArray(part)) return part.map((one) => this.#closed(one));
    if (typeof part !== 'object' || part === null) return part;
    if ('$ref' in part) return this.#closed(this.#schemas[String(part.$ref).replace('#/components/schemas/', '')]);
    const closed = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, this.#closed(value)]));
    const isClosed = 'additionalProperties' in part || 'patternProperties' in part;
    return 'properties' in part && !isClosed ? { ...closed, additionalProperties: false } : closed;
  }
}
