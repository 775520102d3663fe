import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

export interface DoorDocument {
  /** Of the door, and of the file. */
  name: string;
  title: string;
  /** Another address of the file. */
  alsoAt?: string | undefined;
  /** The finished document; only once the server is ready. */
  read: () => object;
}

/** `/docs` for people, with the documents of all doors, and `/docs/<door>.json` for programs, some at a second address. Needs no key. */
export async function serveDocs(app: FastifyInstance, documents: DoorDocument[]): Promise<void> {
  const [first] = documents;
  if (first === undefined) return;
  for (const { name, alsoAt, read } of documents) {
    for (const address of [`/docs/${name}.json`, ...(alsoAt === undefined ? [] : [alsoAt])]) {
      app.get(address, (_request, reply) => {
        // Anybody's page may read what the API is; no key is involved.
        void reply.header('access-control-allow-origin', '*').type('application/json; charset=utf-8');
        return reply.send(JSON.stringify(read()));
      });
    }
  }
  await app.register(async (scope) => {
    // The pages ask for it, although they show the documents of others.
    await scope.register(swagger, { openapi: { info: { title: 'Sidetone', version: '' } } });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: {
        urls: documents.map(({ name, title }) => ({ url: `/docs/${name}.json`, name: title })),
        deepLinking: true,
      },
      transformSpecification: () => first.read(),
      transformSpecificationClone: false,
      theme: { title: 'Sidetone' },
      // Unlike the package's own policy, without upgrade-insecure-requests: on loopback there is no https.
      staticCSP: {
        'default-src': "'none'",
        'script-src': "'self'",
        'style-src': "'self' 'unsafe-inline'",
        'img-src': "'self' data:",
        'font-src': "'self' data:",
        'connect-src': "'self'",
        'base-uri': "'none'",
        'form-action': "'none'",
        'frame-ancestors': "'none'",
      },
    });
  });
}
