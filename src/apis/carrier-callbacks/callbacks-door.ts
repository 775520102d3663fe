import { Readable } from 'node:stream';
import Type from 'typebox';
import type { Handling, OpenDoor, Route } from '#apis/http/index.js';
import { answerCallback } from '#core/carriers/index.js';

const Carrier = Type.Object({ carrier: Type.String() });
type Request = Handling<undefined, unknown, unknown, { carrier: string }>;

/** Several receipts may come at once; texts are small. */
const LARGEST_BODY_BYTES = 262_144;

/** Where carriers tell of receipts and of texts from outside. Each request is proven by its carrier's own signature. */
export const carrierCallbacksDoor: OpenDoor = {
  name: 'carrier-callbacks',
  prefix: '/carriers',
  guard: { kind: 'open' },
  presentError: ({ code, message }) => ({ error: { code, message } }),
  refusals: { 'carrier.not_found': { status: 404, code: 'not_found' } },
  routes(table) {
    for (const path of ['/:carrier/callback', '/:carrier/callback/status', '/:carrier/callback/incoming']) {
      const kind = path.slice('/:carrier/callback'.length).replace('/', '-');
      const route = (method: string): Route<undefined, never, never, typeof Carrier, never> => ({
        id: `${method}CarrierCallback${kind}`,
        summary: 'A carrier tells of a text',
        params: Carrier,
        bodyLimitBytes: LARGEST_BODY_BYTES,
        handle: hear,
      });
      table.post(path, route('post'));
      table.get(path, route('get'));
    }
  },
};

async function hear({ core, params, body, request, reply }: Request): Promise<Readable | undefined> {
  const answer = await answerCallback(core, {
    carrierId: params.carrier,
    method: request.method,
    path: request.url,
    headers: request.headers,
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  });
  void reply.code(answer.status);
  if (answer.body === undefined) return undefined;
  void reply.type(answer.contentType ?? 'text/plain; charset=utf-8');
  return Readable.from([answer.body]);
}
